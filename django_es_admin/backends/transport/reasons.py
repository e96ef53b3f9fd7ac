"""Elasticsearch's own reason for an error, without the values it quotes from documents."""

import re
from collections.abc import Mapping
from typing import Any

_CHARACTERS = 300
# Elasticsearch returns these with 400, 403 or 429, so only the type is decisive.
_BLOCK_TYPES = frozenset(("cluster_block_exception", "index_closed_exception"))
# A shard, a node or a disk was lost, moved or full during a write. Most of these have status 500,
# as errors of a project's own ingest pipelines. A shard that is no longer on a node has 404, as a
# missing index.
_UNREADY_TYPES = frozenset(
    (
        "already_closed_exception",
        "connect_transport_exception",
        "engine_closed_exception",
        "file_system_exception",
        "i_o_exception",
        "illegal_index_shard_state_exception",
        "index_shard_closed_exception",
        "index_shard_not_recovering_exception",
        "index_shard_not_started_exception",
        "index_shard_recovering_exception",
        "no_shard_available_action_exception",
        "node_closed_exception",
        "node_disconnected_exception",
        "node_not_connected_exception",
        "out_of_memory_error",
        "process_cluster_event_timeout_exception",
        "receive_timeout_transport_exception",
        "send_request_transport_exception",
        "shard_not_found_exception",
        "shard_not_in_primary_mode_exception",
        "translog_exception",
        "unavailable_shards_exception",
    )
)
_ABOUT_DOCUMENTS = frozenset(("document_parsing_exception", "mapper_parsing_exception"))
# Where the reason of a failed request begins to quote the request.
_QUOTES = r"Preview of|The prefix of the first|,? original message|For input string|\n"
# Where a text begins to quote a value, whose end cannot be found reliably.
_VALUE = (
    rf"{_QUOTES}"
    r"|\([-\d]|(?<![\w=])['\"]"
)
_NAMED = "".join(rf"(?<!\b{word} )" for word in "field fields type for within of limit".split())
_AFTER_FIELD = re.compile(rf"{_VALUE}| in document with id|{_NAMED}\[")
# The text of a cause has no field in brackets, and may contain the value.
_AFTER_WHAT = re.compile(rf"{_VALUE}|\[")
_AFTER_REQUEST = re.compile(_QUOTES)
_PLACE = re.compile(r"^\[\d+:\d+\] ")


def is_block(body: Any) -> bool:
    """Return whether an error is about the state of an index, and not about the request.

    Args:
        body: the body of an answer, or an item of a bulk answer. It may have any form.
    """
    error = _error_of(body)
    if not isinstance(error, Mapping):
        return False
    return not _BLOCK_TYPES.isdisjoint(str(each.get("type")) for each in (*_roots(error), error))


def is_unready(body: Any) -> bool:
    """Return whether an error is about a shard, a node or a disk, and not about the request.

    Args:
        body: as of :func:`is_block`.
    """
    error = _error_of(body)
    if not isinstance(error, Mapping):
        return False
    return not _UNREADY_TYPES.isdisjoint(str(each.get("type")) for each in (*_roots(error), error))


def is_denied(body: Any) -> bool:
    """Return whether an error says that the user lacks a privilege.

    Args:
        body: as of :func:`is_block`.
    """
    error = _error_of(body)
    if not isinstance(error, Mapping):
        return False
    return any(each.get("type") == "security_exception" for each in (*_roots(error), error))


def reason(body: Any) -> str:
    """Return Elasticsearch's own reason for refusing a request."""
    error = _error_of(body)
    if not isinstance(error, Mapping):
        return _shortened(str(error))
    first = next(iter(_roots(error)), error)
    if not _ABOUT_DOCUMENTS.isdisjoint((str(first.get("type")), str(error.get("type")))):
        return reason_for_document(body)
    said = str(first.get("reason") or error.get("reason") or error.get("type"))
    # Elasticsearch ends each block of an index with a semicolon.
    text = _cut(said, _AFTER_REQUEST).removesuffix(";")
    cause = error.get("caused_by")
    if isinstance(cause, Mapping) and cause.get("reason"):
        text = f"{text}: {_cut(str(cause['reason']), _AFTER_REQUEST)}"
    return text


def reason_for_document(body: Any) -> str:
    """Return the reason for refusing a document, with the field and the type, but not the value.

    Pages and tables show it to users who may not see the document.

    Args:
        body: an item of a bulk answer.
    """
    error = _error_of(body)
    if not isinstance(error, Mapping):
        return "unknown"
    kind = str(error.get("type"))
    text = _cut(str(error.get("reason") or ""), _AFTER_FIELD)
    cause = error.get("caused_by")
    if isinstance(cause, Mapping) and cause.get("type"):
        kind = str(cause["type"])
        what = _cut(str(cause.get("reason") or ""), _AFTER_WHAT)
        text = ": ".join(part for part in (text, "" if what == text else what) if part)
    return f"{text} ({kind})" if text else kind


def _cut(text: str, quoting: re.Pattern[str]) -> str:
    """Return the part of a text before a value."""
    text = _PLACE.sub("", text)
    found = quoting.search(text)
    return _shortened(text[: found.start()].rstrip(" .,:(") if found else text)


def _error_of(body: Any) -> Any:
    return body.get("error", body) if isinstance(body, Mapping) else body


def _roots(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the root causes of an error; none if it has another form."""
    roots = error.get("root_cause")
    return [root for root in roots if isinstance(root, Mapping)] if isinstance(roots, list) else []


def _shortened(text: str) -> str:
    return text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…"
