"""Decide whether Elasticsearch filters, ranks and counts a change list."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from ....documents import Document
from ....documents.described.overrides import has_every_row
from ....exceptions import ElasticsearchAdminError
from ....indices.definition import definition_of
from ....lifecycle.generations.table import is_as_declared
from ....outbox.drain.pending import has_changes
from ....search.logged import reason_of
from ....search.page import PageAsked, PageHits
from ....search.querysets.columns import columns_of
from ....search.querysets.filters import is_plain, translate
from ....search.querysets.identity import key_field
from ....search.querysets.ordering import translate_order
from .asked import Filters, ListPage

# The maximum of numbers beside filters. More of them would take longer than they save.
MAX_FACETS = 500

_NOTHING: Filters = ({"match_none": {}},)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """How to ask for a page.

    Args:
        page: the page to ask for.
        common: the conditions of the rows that may be seen; () if all rows may be seen.
    """

    page: PageAsked
    common: Filters


def plan_page(document: type[Document], page: ListPage, queryset: QuerySet[Any]) -> Plan | None:
    """Return how to ask for a page; None if only the database knows which rows are shown.

    Args:
        queryset: the rows to search, with filters applied.
    """
    if not key_field(document):
        return None
    filters, common = translate(document, queryset), translate(document, page.root)
    if filters is None or common is None:
        return None
    days = columns_of(document).get(page.date_hierarchy)
    if page.date_hierarchy and not days:
        # Listing the dates needs the keys of all hits.
        return None
    changes = has_changes(definition_of(document))
    if (changes and not page.is_trusted) or not is_as_declared(document):
        return None
    sort = translate_order(document, queryset) if page.is_sorted else ()
    facets = [
        # The number is known to be 0, such as the number of empty values if there are none.
        (name, _NOTHING if rows.query.is_empty() else translate(document, rows))
        for name, rows in page.facets
    ]
    if len(facets) > MAX_FACETS or any(counted is None for _, counted in facets):
        return None
    zoned = bool(days and settings.USE_TZ and days.kind == "DateTimeField")
    asked = PageAsked(
        filters,
        start=page.start,
        size=page.size,
        orphans=page.orphans,
        sort=sort,
        every=page.is_sorted and not sort,
        common=common,
        facets=tuple((name, counted or ()) for name, counted in facets),
        days_of=days.path if days else "",
        time_zone=timezone.get_current_timezone_name() if zoned else "UTC",
        # If the document leaves out rows, or changes wait for its index, the numbers may differ.
        # Then the database counts the rows that may be seen.
        with_all=page.with_all and has_every_row(document) and not changes,
    )
    return Plan(asked, common)


def shows_all(queryset: QuerySet[Any]) -> bool:
    """Return whether a queryset contains every row of its model."""
    query = queryset.query
    return not (
        query.where
        or query.is_sliced
        or query.combinator
        or query.distinct_fields
        or query.is_empty()
        or not is_plain(query)
    )


def keys_of(page: PageHits) -> Sequence[Any]:
    """Return the keys of all hits, or of the page if Elasticsearch no longer answers.

    This is needed if a template evaluates the list's queryset. The page is already being rendered,
    so the database cannot search instead.
    """
    try:
        return page.ids
    except ElasticsearchAdminError as error:
        logger.warning("A page knows only its own hits: %s", reason_of(error))
        return page.keys
