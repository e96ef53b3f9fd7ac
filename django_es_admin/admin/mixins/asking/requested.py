"""The request that a list's search box would send."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from ....conf import get_options
from ....search.fresh import is_settled
from ....search.page import request_page
from ....search.request import SearchRequest
from ....search.search_ids import request_ids
from ....search.suggest import Spelling
from ....search.text.words import read_words
from .asked import ListPage
from .paging import plan_page, shows_all

MAX_CHECKED = 1_000
"""How many hits the database checks in any case if not all rows may be seen."""


def request_of_list(model_admin: Any, request: HttpRequest, term: str) -> SearchRequest:
    """Return the request for the first page of a list, best first and without filters.

    Args:
        model_admin: the model admin of the list, with the options of ``SearchOptionsMixin``.
        request: the request of the user.
        term: the text as it was typed, which is not blank.

    Raises:
        SearchUnreadable: the text has operators, but cannot be understood.
    """
    document = model_admin.get_search_document()
    query = model_admin.get_search_query(request, term)
    spelling = None
    if not model_admin.has_operators(request, term):
        spelling = Spelling(read_words(term), model_admin.get_searched_fields(request))
    rows, size = model_admin.get_queryset(request), model_admin.list_per_page
    page = ListPage(
        number=1,
        size=size,
        orphans=model_admin.get_paginator(request, rows.none(), size).orphans,
        date_hierarchy=str(model_admin.date_hierarchy or ""),
        with_all=bool(model_admin.show_full_result_count),
        root=rows,
        is_sorted=False,
        is_trusted=bool(model_admin.search_unrestricted) and shows_all(rows),
    )
    may_page = model_admin.search_unrestricted is not False
    plan = plan_page(document, page, rows) if may_page else None
    limit = min(MAX_CHECKED, get_options().search_max_results)
    if plan and (not plan.common or is_settled(document)):
        checked = replace(plan.page, checked=limit if plan.common else 0)
        return request_page(
            document, query, checked, spelling, seconds=get_options().search_timeout
        )
    limited = limit if plan else None
    return request_ids(document, query, limit=limited, spelling=spelling)
