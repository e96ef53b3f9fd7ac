"""Ask an index, an alias or a generation, for the results of searches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import GenerationUnknown, IndexMissing, SearchParameterInvalid
from ..indices.definition import IndexDefinition
from ..indices.live import read_indices
from ..lifecycle.generations.table import generations_of
from ..search.site.parts import SearchParts
from ..search.site.promotions import is_promoted
from .searches import KnownSearch, read_parts

AT_ONCE = 20
"""The maximum number of searches in one request."""


@dataclass(frozen=True)
class Question:
    """One search to send.

    Args:
        search: the declared search.
        words: the words, normalised as they are counted and judged.
        filters: the criteria as JSON; "" for none.
        order: the name of an order; "" for the default.
        spelling: the words as they were typed; "" if unknown.
    """

    search: KnownSearch
    words: str
    filters: str = ""
    order: str = ""
    spelling: str = ""

    def parts(self) -> SearchParts | None:
        """Return the parts of the search; None if the search no longer accepts them."""
        # Use the words as typed, because some fields are case-sensitive.
        text = self.spelling or self.words
        try:
            return read_parts(self.search, text, self.filters, self.order)
        except SearchParameterInvalid:
            return None


@dataclass(frozen=True)
class Found:
    """The results of a search.

    Args:
        keys: the keys of the first hits, best first.
        total: the number of all hits.
        milliseconds: how long Elasticsearch took.
        error: why the search failed; "" if it did not.
        promoted: the keys that come first because of a promotion.
    """

    keys: tuple[str, ...] = ()
    total: int = 0
    milliseconds: int = 0
    error: str = ""
    promoted: tuple[str, ...] = ()


def index_to_ask(definition: IndexDefinition, generation: str) -> str:
    """Return the index to ask: a generation of an index, or the live one for "".

    If no index, or more than one, holds the alias, it is the alias itself.

    Raises:
        GenerationUnknown: the index has no such generation.
        ElasticsearchAdminError: a request failed.
    """
    if not generation:
        live = read_indices(definition.connection, Deadline(get_options().operation_timeout))
        holders = live.holders(definition.alias)
        return holders[0].name if len(holders) == 1 else definition.alias
    if not generations_of(definition).filter(name=generation).exists():
        raise GenerationUnknown(
            f"{definition.name} has no generation {generation!r}: `manage.py es_status "
            f"{definition.name}` lists those that there are."
        )
    return generation


def ask(
    definition: IndexDefinition, index: str, questions: Sequence[SearchParts], size: int = 10
) -> list[Found]:
    """Return the results of each search in an index, with one request for all searches.

    Args:
        index: an alias or a generation.
        questions: the searches, at most ``AT_ONCE``.
        size: the number of hits of each search.

    Raises:
        IndexMissing: there is no such index.
        ElasticsearchAdminError: a request failed.
    """
    if not questions:
        return []
    connection = definition.connection
    searches: list[Mapping[str, Any]] = []
    for parts in questions:
        filters = [each.query for each in parts.selections]
        body: dict[str, Any] = {
            "query": {"bool": {"must": parts.whole_query, "filter": filters}},
            "size": size,
            "track_total_hits": True,
            "_source": False,
        }
        if parts.sort:
            body["sort"] = list(parts.sort)
        # Ask the same copy of each shard, because other copies score slightly differently.
        searches += [{"index": index, "preference": "insight"}, body]
    client = connection.client.options(request_timeout=get_options().operation_timeout)
    with translated(connection):
        answer = client.msearch(searches=searches)
    with understood(connection):
        return [_read(each) for each in answer["responses"]]


def _read(answer: Mapping[str, Any]) -> Found:
    if "error" in answer:
        if answer["error"].get("type") == "index_not_found_exception":
            raise IndexMissing
        reason = answer["error"].get("reason") or answer["error"].get("type")
        return Found(error=str(reason))
    hits = answer["hits"]
    return Found(
        keys=tuple(str(hit["_id"]) for hit in hits["hits"]),
        total=int(hits["total"]["value"]),
        milliseconds=int(answer["took"]),
        promoted=tuple(str(hit["_id"]) for hit in hits["hits"] if is_promoted(hit)),
    )
