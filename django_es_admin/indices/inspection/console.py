"""A search that a user writes as JSON. It can only read one index, for a limited time."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ...backends.abstracts import Base
from ...backends.display import details
from ...backends.errors import translated, understood
from ...backends.guard.queries import Unreadable, names_in_query, parsed
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...documents.described.places import read_place
from ...exceptions import SearchRefused

MAX_CHARACTERS = 20_000
"""The maximum length of a body."""

MAX_SIZE = 100
"""The maximum number of hits."""

MAX_WINDOW = 10_000
MAX_DEPTH = 30
MAX_BUCKETS = 1_000
"""The maximum size of one aggregation."""

_SIZES = frozenset(("size", "shard_size"))

KEYS = frozenset(
    "_source aggregations aggs collapse docvalue_fields explain fields from highlight min_score "
    "post_filter profile query search_after seq_no_primary_term size sort suggest "
    "track_scores track_total_hits version".split()
)
"""The allowed parts of a body. Unknown parts are refused."""

# Code, and queries in a form that hides their content.
_CODE = frozenset(("scripted_metric", "runtime_mappings", "collate", "wrapper", "template"))


@dataclass(frozen=True)
class ConsoleAnswer:
    """The answer to a search or an explanation.

    Args:
        body: the body of the answer.
        curl: the same request for a terminal, without secrets.
    """

    body: Mapping[str, Any]
    curl: str


def read_body(text: str) -> dict[str, Any]:
    """Return a body that only reads, and only from the requested index.

    Raises:
        SearchRefused: it is not JSON, is too long, or has a part that is not allowed.
    """
    if len(text) > MAX_CHARACTERS:
        raise SearchRefused(_("The search is longer than %(most)d characters.") % _MOST)
    try:
        body = parsed(text.encode())
    except Unreadable as error:
        raise SearchRefused(_("An object has the same key twice.")) from error
    except RecursionError as error:
        raise SearchRefused(_("It is nested too deeply.")) from error
    except ValueError as error:
        raise SearchRefused(_("This is not valid JSON: %(why)s.") % {"why": error}) from error
    if not isinstance(body, dict):
        raise SearchRefused(_("A search is an object: write {…}."))
    if unknown := sorted(body.keys() - KEYS):
        text = _("%(names)s cannot be used here. You can use: %(known)s.")
        raise SearchRefused(text % {"names": ", ".join(unknown), "known": ", ".join(sorted(KEYS))})
    _look_into(body)
    _bound(body)
    return body


_MOST = {"most": MAX_CHARACTERS}


def _look_into(body: Mapping[str, Any]) -> None:
    for depth, key, _value in _walk(body):
        if depth > MAX_DEPTH:
            raise SearchRefused(_("It is nested too deeply."))
        if key in _CODE or key.startswith("script") or key.endswith("_script"):
            text = _("%(key)s cannot be used here: no scripts, and nothing that hides a query.")
            raise SearchRefused(text % {"key": key})
    # A query may have a field with this name, and Elasticsearch limits inner hits itself.
    others = {key: value for key, value in body.items() if key not in ("query", "post_filter")}
    for _depth, key, value in _walk(others):
        if key in _SIZES and _number(value) > MAX_BUCKETS:
            raise SearchRefused(_("A size is %(most)d at most.") % {"most": MAX_BUCKETS})
    try:
        named = next(names_in_query(body), None)
    except (Unreadable, AttributeError, KeyError, TypeError) as error:
        raise SearchRefused(_("It has a part that cannot be checked.")) from error
    if named is not None:
        text = _("It reads %(name)s, but this page can only read its own index.")
        raise SearchRefused(text % {"name": named})


def _walk(value: Any, depth: int = 0) -> Iterator[tuple[int, str, Any]]:
    if depth > MAX_DEPTH:
        yield depth, "", None
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield depth, key, inner
            yield from _walk(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _walk(inner, depth + 1)


def _number(value: Any) -> float:
    """Return a number as Elasticsearch reads it, also from text; 0 for anything else."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else 0.0
    except ValueError:
        return 0.0


def _bound(body: Mapping[str, Any]) -> None:
    size, start = body.get("size", 10), body.get("from", 0)
    numbers = all(isinstance(one, int) and not isinstance(one, bool) for one in (size, start))
    if not numbers or not 0 <= size <= MAX_SIZE or not 0 <= start <= MAX_WINDOW - size:
        text = _("size is a number up to %(size)d, and from and size are %(window)d at most.")
        raise SearchRefused(text % {"size": MAX_SIZE, "window": MAX_WINDOW})


def search_json(connection: Base, index: str, deadline: Deadline, *, text: str) -> ConsoleAnswer:
    """Send a search.

    Raises:
        SearchRefused: the search is not allowed.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    body = read_body(text)
    seconds = min(deadline.remaining, get_options().search_timeout)
    with translated(connection):
        client = connection.client.options(request_timeout=seconds)
        answer = client.search(
            index=index,
            body={**body, "timeout": f"{max(int(seconds * 1000), 1)}ms"},
            allow_partial_search_results=False,
        )
    with understood(connection):
        return ConsoleAnswer(answer.body, curl(connection, f"{index}/_search", text))


def explain_json(
    connection: Base, index: str, deadline: Deadline, *, text: str, key: str
) -> ConsoleAnswer:
    """Let Elasticsearch explain why a document matches a query, or does not.

    Args:
        key: the key of the document, as in the outbox.

    Raises:
        SearchRefused: the search is not allowed, or has no query.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    body = read_body(text)
    if "query" not in body:
        raise SearchRefused(_("There is no query to explain."))
    place = read_place(key)
    seconds = min(deadline.remaining, get_options().search_timeout)
    with translated(connection):
        client = connection.client.options(request_timeout=seconds)
        # A missing document is also an answer.
        answer = client.options(ignore_status=404).explain(
            index=index, id=place.id, query=body["query"], routing=place.routing
        )
    with understood(connection):
        return ConsoleAnswer(answer.body, curl(connection, f"{index}/_explain/{place.id}", text))


def curl(connection: Base, path: str, text: str) -> str:
    """Return a command line with the request. Users have to add their own credentials."""
    hosts = details(connection).hosts
    url = f"{hosts[0].rstrip('/') if hosts else 'http://localhost:9200'}/{path}"
    content = shlex.quote("Content-Type: application/json")
    return f"curl -X POST {shlex.quote(url)} -H {content} -d {shlex.quote(text)}"
