"""When Elasticsearch may filter, rank and count a change list, and what that shows then."""

import logging
from collections.abc import Sequence
from datetime import date, datetime
from types import MethodType
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ...documents.overrides import has_every_row
from ...exceptions import ElasticsearchAdminError
from ...indices.definition import definition_of
from ...lifecycle.generations.table import is_as_declared
from ...outbox.drain.pending import has_changes
from ...search.columns import columns_of
from ...search.filters import translate
from ...search.identity import key_field
from ...search.page import PageAsked, PageHits

if TYPE_CHECKING:
    from .changelist import ElasticsearchChangeListMixin

logger = logging.getLogger(__name__)


def plan_page(
    changelist: "ElasticsearchChangeListMixin", request: HttpRequest, queryset: QuerySet[Any]
) -> PageAsked | None:
    """Return what to ask for; None where only the database can tell which rows are shown.

    Args:
        queryset: the rows that the search is to narrow, filters applied.
    """
    admin: Any = changelist.model_admin
    if (
        not admin.search_unrestricted
        or request.method != "GET"
        or changelist.show_all
        or changelist.add_facets
        or changelist.params.get(ORDER_VAR)
        or not shows_all(changelist.root_queryset)
    ):
        return None
    document = admin.get_search_document()
    filters = translate(document, queryset)
    if filters is None or not key_field(document) or not is_as_declared(document):
        return None
    days = columns_of(document).get(changelist.date_hierarchy or "")
    if changelist.date_hierarchy and not days:
        # To list its dates takes the keys of all hits.
        return None
    per_page = changelist.list_per_page
    # Some paginators put the last rows on the page before.
    orphans = admin.get_paginator(request, queryset.none(), per_page).orphans
    zoned = bool(days and settings.USE_TZ and days.kind == "DateTimeField")
    return PageAsked(
        filters,
        start=(changelist.page_num - 1) * per_page,
        size=per_page + orphans,
        days_of=days.path if days else "",
        time_zone=timezone.get_current_timezone_name() if zoned else "UTC",
        # A document that leaves out rows has another number of them, and so has an index that some
        # change is still to reach.
        with_all=(
            bool(admin.show_full_result_count)
            and has_every_row(document)
            and not has_changes(definition_of(document))
        ),
    )


def shows_all(queryset: QuerySet[Any]) -> bool:
    """Whether a queryset leaves out no row of its model."""
    query = queryset.query
    return not (
        query.where
        or query.is_sliced
        or query.combinator
        or query.distinct_fields
        or query.is_empty()
    )


def keys_of(page: PageHits) -> Sequence[Any]:
    """Return the keys of all hits; those of the page if Elasticsearch does not answer any more.

    What asks for them is a template that evaluates the list's queryset: the page is under way, and
    cannot be answered in another way.
    """
    try:
        return page.ids
    except ElasticsearchAdminError as error:
        logger.warning("A page knows of no other hits than its own: %s", error)
        return page.keys


def answer_from(page: PageHits, changelist: "ElasticsearchChangeListMixin") -> None:
    """Let the querysets of a change list, but not what is made from them, count and date by it."""
    queryset, date_hierarchy = changelist.queryset, changelist.date_hierarchy
    every = changelist.root_queryset
    if page.of_all is not None:
        every.__dict__["count"] = MethodType(lambda rows: page.of_all, every)
    own: dict[str, Any] = {"count": MethodType(lambda rows: page.listed, queryset)}
    if page.days is not None and date_hierarchy:
        is_moment = isinstance(queryset.model._meta.get_field(date_hierarchy), DateTimeField)
        days = [_moment(day) for day in page.days] if is_moment else list(page.days)

        def aggregate(**expressions: Any) -> dict[str, Any]:
            if expressions.keys() != {"first", "last"}:
                found: dict[str, Any] = type(queryset).aggregate(queryset, **expressions)
                return found
            return {"first": days[0], "last": days[-1]} if days else {"first": None, "last": None}

        def periods(field_name: str, kind: str, *args: Any, **kwargs: Any) -> Sequence[Any]:
            return list(dict.fromkeys(_begin(day, kind) for day in days))

        own |= {"aggregate": aggregate, "dates": periods, "datetimes": periods}
    queryset.__dict__.update(own)


def _moment(day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (naive where USE_TZ is off)
    return timezone.make_aware(midnight) if settings.USE_TZ else midnight


def _begin(day: Any, kind: str) -> Any:
    if kind == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if kind == "month" else day
