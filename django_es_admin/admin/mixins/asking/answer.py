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
    """Hits from Elasticsearch, or why there are none, so that the database answers.

    Args:
        hits: None where Elasticsearch failed.
        problem: why it failed, in words for staff.
        mistake: what is wrong with the search itself, which has no hits then.
        rows: the rows that were searched, before the search narrowed them.
        found: those of them that are hits; None where the database answers.
        is_searched: whether anybody searched: the database cannot, where there are operators.
    """

    hits: SearchHits | PageHits | None
    problem: str = ""
    mistake: SearchUnreadable | None = None
    rows: QuerySet[Any] | None = None
    found: QuerySet[Any] | None = None
    is_searched: bool = True


def answer_to(search: Callable[[], SearchHits | PageHits]) -> Answer:
    """Return what Elasticsearch says, or why it does not."""
    try:
        return Answer(search())
    except ImproperlyConfigured:
        # A mistake in the project, which a fall-back would hide.
        raise
    except SearchUnreadable as error:
        return Answer(SearchHits((), 0), mistake=error)
    except ElasticsearchAdminError as error:
        logger.warning("The database answers a search of the admin: %s", reason_of(error))
        return Answer(None, str(error.in_plain_words))
