"""What answered the search of a request."""

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...backends.health import Deadline
from ...conf import get_options
from ...exceptions import (
    AccessRefused,
    ConnectionTimedOut,
    ConnectionUnavailable,
    ElasticsearchAdminError,
    IndexMissing,
    NotElasticsearch,
    SearchUnreadable,
    ServerBusy,
    ServerRefused,
)
from ...search.page import PageAsked, PageHits
from ...search.service import SearchHits

logger = logging.getLogger(__name__)

_ATTRIBUTE = "elasticsearch_search"


@dataclass(frozen=True)
class Answer:
    """Hits from Elasticsearch, or why there are none and the database has to answer.

    Args:
        hits: None where Elasticsearch failed.
        problem: why it failed, in words for staff.
        mistake: what is wrong with the search itself, which has no hits then.
    """

    hits: SearchHits | PageHits | None
    problem: str = ""
    mistake: SearchUnreadable | None = None


@dataclass
class RequestSearch:
    """The searches of one request: each is asked once, however many queries of the page need it."""

    in_changelist: bool = False
    """Whether a change list is asking, which sorts and pages by itself."""

    plan_page: Callable[[QuerySet[Any]], PageAsked | None] = lambda rows: None
    """Says which page of a queryset to ask for, and None where it takes the keys of all hits."""

    conditions_of: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows
    """Says which rows have the conditions that every queryset of this search has."""

    page_of: QuerySet[Any] | None = None
    """The rows of which a page was asked for, before the search narrowed them."""

    narrowed: tuple[QuerySet[Any], QuerySet[Any]] | None = None
    """The rows before and after the search narrowed them for the last time."""

    _answers: dict[Hashable, Answer] = field(default_factory=dict)
    _last: dict[Hashable, Answer] = field(default_factory=dict)

    @cached_property
    def deadline(self) -> Deadline:
        """Until when all that is asked for the page has time; it begins with the first question."""
        return Deadline(get_options().search_timeout)

    def find(self, admin: Hashable) -> Answer | None:
        """Return the last answer that ``admin`` was given; None if it asked nothing."""
        return self._last.get(admin)

    def forget(self) -> None:
        """Let the next search be asked anew."""
        self._answers.clear()
        self._last.clear()
        self.page_of = self.narrowed = None

    def ask(
        self, admin: Hashable, term: Hashable, search: Callable[[], SearchHits | PageHits]
    ) -> Answer:
        """Return the answer to a search of ``admin``, from memory if it was given before."""
        key = (admin, term)
        if key not in self._answers:
            self._answers[key] = _ask(search)
        self._last[admin] = self._answers[key]
        return self._answers[key]


def search_of(request: HttpRequest) -> RequestSearch:
    """Return the searches of ``request``."""
    search: RequestSearch = request.__dict__.setdefault(_ATTRIBUTE, RequestSearch())
    return search


def _ask(search: Callable[[], SearchHits | PageHits]) -> Answer:
    try:
        return Answer(search())
    except ImproperlyConfigured:
        # A mistake in the project, which a fall-back would hide.
        raise
    except SearchUnreadable as error:
        return Answer(SearchHits((), 0), mistake=error)
    except ElasticsearchAdminError as error:
        logger.warning("The database answers a search of the admin: %s", error)
        return Answer(None, _in_plain_words(error))


def _in_plain_words(error: ElasticsearchAdminError) -> str:
    if isinstance(error, ConnectionTimedOut):
        return _("The search server takes too long to answer.")
    if isinstance(error, NotElasticsearch):
        return _("What answers in the place of the search server is something else.")
    if isinstance(error, ConnectionUnavailable):
        return _("The search server cannot be reached.")
    if isinstance(error, AccessRefused):
        return _("The search server does not let this site in.")
    if isinstance(error, ServerBusy):
        return _("The search server has too much to do.")
    if isinstance(error, IndexMissing):
        return _("There is no search index yet.")
    if isinstance(error, ServerRefused):
        return _("The search server refused this search.")
    return _("The search server could not be asked.")
