"""The answer to a search of the admin."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet

from ....exceptions import (
    ElasticsearchAdminError,
    SearchUnreadable,
)
from ....search.logged import reason_of
from ....search.page import PageHits
from ....search.search_ids import SearchHits

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The hits from Elasticsearch, or why there are none and the database searches.

    Args:
        hits: the hits; None if Elasticsearch failed.
        problem: why Elasticsearch failed, for staff.
        mistake: the mistake in the search itself, which then has no hits.
        rows: the rows to search.
        found: the rows that are hits; None if the database searches.
        is_searched: whether there was a search. The database cannot search with operators.
    """

    hits: SearchHits | PageHits | None
    problem: str = ""
    mistake: SearchUnreadable | None = None
    rows: QuerySet[Any] | None = None
    found: QuerySet[Any] | None = None
    is_searched: bool = True


def answer_to(search: Callable[[], SearchHits | PageHits]) -> Answer:
    """Return the answer of Elasticsearch, or why there is none."""
    try:
        return Answer(search())
    except ImproperlyConfigured:
        # A mistake of the project, which a search in the database would hide.
        raise
    except SearchUnreadable as error:
        return Answer(SearchHits((), 0), mistake=error)
    except ElasticsearchAdminError as error:
        logger.warning("The database answers a search of the admin: %s", reason_of(error))
        return Answer(None, str(error.in_plain_words))
