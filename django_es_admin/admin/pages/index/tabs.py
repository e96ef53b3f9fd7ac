"""The tabs of an index's page: each has its own URL, template and contents."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....backends.abstracts import Base
from ....backends.transport.deadline import Deadline
from ....indices.diff import flatten
from ....indices.inspection.analysis import analyze, analyzers_of
from ....indices.inspection.console import MAX_SIZE, ConsoleAnswer, explain_json, search_json
from ....indices.inspection.policies import Policies, read_policies
from ....indices.inspection.samples import read_samples
from ....indices.inspection.shards import read_shards
from ....indices.inspection.terms import Terms, read_terms, term_fields
from ....indices.inspection.usage import FieldUsage, read_usage
from ....indices.live import read_mappings
from ....models import OutboxEntry
from ....operations.history import operations_on
from ....status.detail import IndexDetail, Look
from ..parts.databases import database_of
from ..parts.format import pretty_json
from ..parts.links import ModelLinks
from .documents import document_table
from .fields import field_rows
from .parameters import KEY
from .shards import shards_state

PER_PAGE = 15
MAX_TEXT = 10_000
"""The maximum length of a text to analyze."""

MAX_ANSWER = 100_000
"""The maximum length of an answer in the console."""

CONSOLE_EXAMPLE = """{
  "query": {
    "match_all": {}
  },
  "size": 10
}"""

HINDRANCES: Mapping[str, str | Promise] = {
    "text": _(
        "The values of a text field are split into tokens, and Elasticsearch keeps no column of "
        "them that could be counted."
    ),
    "no columns": _("The field has no columns (doc_values: false) that could be counted."),
    "other kind": _("A field of this type has no terms that could be counted."),
}
"""Why there is no list of terms."""

Parameters = Mapping[str, str]


def _nothing(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    return {}


def _no_look(asked: Parameters) -> Look | None:
    return None


@dataclass(frozen=True)
class Tab:
    """One tab.

    Args:
        name: the last part of its URL, and of its URL name.
        title: the title.
        template: the template, below ``admin/elasticsearch/index/``.
        asks: the field of its form, which is sent by POST; "" for none.
        private: whether it shows documents, which needs the right to view them.
        console: whether users write searches there, which needs its own right, and a POST.
        look: reads more than the index's detail, for the parameters of the URL.
        fill: returns more context for its template.
        is_first: whether it is the page of the index itself, which has no title of its own and
            counts the rows.
        keeps: whether the input of its form is stored in the session, and the answer has its own
            URL.
    """

    name: str
    title: str | Promise
    template: str
    asks: str = ""
    private: bool = False
    console: bool = False
    look: Callable[[Parameters], Look | None] = _no_look
    fill: Callable[[IndexDetail, ModelLinks, Parameters], Mapping[str, Any]] = _nothing
    is_first: bool = False
    keeps: bool = False

    @property
    def url_name(self) -> str:
        """The name of its URL, without the namespace."""
        return f"elasticsearch_index_{self.name}"


def _overview(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    index = detail.status
    outbox = links.changelist(OutboxEntry._meta.label)
    only = urlencode({"of": f"{index.connection}:{index.name}"})
    return {
        "outbox_url": f"{outbox}?{only}" if outbox else "",
        "model_url": links.changelist(detail.status.model),
        "slow_url": links.slow_searches(index.connection, index.name) if index.model else "",
        "settings": sorted(detail.settings.items()),
    }


def _mapping(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    shown = detail.live_mappings or detail.declared_mappings
    usage: FieldUsage | None = detail.found
    return {
        "fields": field_rows(shown, detail.status.differences, usage.uses if usage else None),
        "usage": usage,
        "countable": {field.path for field in term_fields(shown) if not field.hindrance},
        "is_live": bool(detail.live_mappings),
        "live_json": pretty_json(detail.live_mappings) if detail.live_mappings else "",
        "declared_json": pretty_json(detail.declared_mappings) if detail.declared_mappings else "",
    }


def _look_for_terms(asked: Parameters) -> Look | None:
    path = asked.get("field", "")

    def look(connection: Base, index: str, deadline: Deadline) -> Terms | None:
        # The current mapping shows whether the terms can be counted.
        mappings = read_mappings(connection, [index], deadline).get(index, {})
        field = next((one for one in term_fields(mappings) if one.path == path), None)
        if field is None or field.hindrance:
            return None
        return read_terms(connection, index, deadline, field=field)

    return look if path else None


def _terms(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    fields = term_fields(detail.live_mappings)
    field = next((one for one in fields if one.path == asked.get("field", "")), None)
    return {
        "term_fields": fields,
        "field": field,
        "why_not": HINDRANCES.get(field.hindrance, "") if field else "",
        "terms": detail.found,
    }


def _page(asked: Parameters) -> int:
    text = asked.get("p", "")
    return max(int(text), 1) if text.isdecimal() and len(text) < 6 else 1


def _look_for_documents(asked: Parameters) -> Look:
    start = (_page(asked) - 1) * PER_PAGE
    return partial(read_samples, query=asked.get("q", "").strip(), start=start, size=PER_PAGE)


def _documents(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    query, page = asked.get("q", "").strip(), _page(asked)
    window = int(detail.settings.get("index.max_result_window", 10_000))
    total = detail.found.total if detail.found else 0
    last = max(-(-min(total, window) // PER_PAGE), 1)

    def address(number: int) -> str:
        kept = {KEY: asked[KEY]} if asked.get(KEY) else {"q": query}
        return "?" + urlencode({**(kept if query else {}), "p": number})

    return {
        "query": query,
        "total": total,
        "page": page,
        "pages": last,
        "first_url": address(1) if page > 1 else "",
        "previous_url": address(page - 1) if page > 1 else "",
        "next_url": address(page + 1) if page < last else "",
        "table": document_table(
            detail.found.samples if detail.found else (),
            detail.live_mappings,
            partial(links.change, detail.status.model),
        ),
    }


def _look_for_tokens(asked: Parameters) -> Look | None:
    text = asked.get("text", "")[:MAX_TEXT]
    if not text.strip():
        return None
    return partial(
        analyze, text=text, analyzer=asked.get("analyzer", ""), field=asked.get("field", "")
    )


def _analysis(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    fields = flatten(detail.live_mappings)
    return {
        "text": asked.get("text", "")[:MAX_TEXT],
        "analyzer": asked.get("analyzer", ""),
        "field": asked.get("field", ""),
        "analyzers": analyzers_of(detail.settings),
        "text_fields": [path for path, own in fields.items() if own["type"] in ("text", "keyword")],
        "tokens": detail.found,
    }


def _look_by_json(asked: Parameters) -> Look | None:
    text, key = asked.get("body", ""), asked.get("key", "").strip()
    if not text.strip():
        return None
    return partial(explain_json, text=text, key=key) if key else partial(search_json, text=text)


def _console(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    found: ConsoleAnswer | None = detail.found
    answer = pretty_json(found.body) if found else ""
    return {
        "body": asked.get("body", "") or CONSOLE_EXAMPLE,
        "key": asked.get("key", ""),
        "words": asked.get("words", ""),
        "answer": answer[:MAX_ANSWER],
        "cut": len(answer) > MAX_ANSWER,
        "curl": found.curl if found else "",
        "max_size": MAX_SIZE,
    }


def _operations(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    index = detail.status
    using = database_of(index.connection, index.name)
    return {"operations": operations_on(index.connection, index.name, using)}


def _shards(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    return {
        "shards": detail.found,
        "state": shards_state(detail.found) if detail.found else None,
    }


def _policies(detail: IndexDetail, links: ModelLinks, asked: Parameters) -> dict[str, Any]:
    found: Policies | None = detail.found
    return {
        "policies": found,
        "template_json": [
            (one, pretty_json(one.body)) for one in (found and found.templates) or ()
        ],
        "policy_json": pretty_json(found.body) if found and found.body is not None else "",
    }


DOCUMENTS = Tab(
    "documents",
    _("Documents"),
    "documents.html",
    asks="q",
    private=True,
    look=_look_for_documents,
    fill=_documents,
    keeps=True,
)
GENERATIONS = Tab("generations", _("Generations"), "generations.html")
OVERVIEW = Tab("change", _("Overview"), "overview.html", fill=_overview, is_first=True)
TABS = (
    OVERVIEW,
    Tab(
        "mapping",
        _("Mapping"),
        "mapping.html",
        look=lambda asked: read_usage,
        fill=_mapping,
    ),
    Tab(
        "terms",
        _("Terms"),
        "terms.html",
        private=True,
        look=_look_for_terms,
        fill=_terms,
    ),
    DOCUMENTS,
    Tab(
        "analyze",
        _("Analyze"),
        "analyze.html",
        asks="text",
        look=_look_for_tokens,
        fill=_analysis,
    ),
    GENERATIONS,
    Tab(
        "shards",
        _("Shards"),
        "shards.html",
        look=lambda asked: read_shards,
        fill=_shards,
    ),
    Tab(
        "policies",
        _("Templates"),
        "policies.html",
        look=lambda asked: read_policies,
        fill=_policies,
    ),
    Tab(
        "console",
        _("Console"),
        "console.html",
        asks="body",
        private=True,
        console=True,
        look=_look_by_json,
        fill=_console,
    ),
    Tab("operations", _("Operations"), "operations.html", fill=_operations),
)
