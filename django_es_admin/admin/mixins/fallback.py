"""The database searches instead of Elasticsearch: the warning, and the actions that are refused."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ActionForm
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ...search.text.query import is_pattern
from ...search.text.words import MAX_WORDS, cleaned, read_words

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = admin.ModelAdmin

# The field of the action form for this, because the page itself knows best.
FIELD = "search_answered_by_database"

_SESSION_KEY = "elasticsearch_database_answers"
_REMEMBERED = 20


class LookupSearch(Base):
    """Django's own search, with Django's lookups."""

    def __init__(self, model: type[Model], site: AdminSite, lookups: tuple[str, ...]) -> None:
        super().__init__(model, site)
        self._lookups = lookups

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the lookups."""
        return self._lookups

    def find(
        self, request: HttpRequest, queryset: QuerySet[Any], term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the matching rows, and whether some may occur twice."""
        words = read_words(term)
        # Databases refuse too many conditions, and values that are too long.
        few = len(term.split()) <= MAX_WORDS and not words.truncated
        text = cleaned(term) if few else words.text
        # Everything that matches a pattern contains its beginning.
        plain = [re.split(r"[*?]", each)[0] if is_pattern(each) else each for each in text.split()]
        return self.get_search_results(request, queryset, " ".join(plain))


def warning(problem: str, *, operators: bool = False) -> str:
    """Return the warning on the page.

    Args:
        problem: the reason, as a sentence.
        operators: whether the search has operators, which the database does not support.
    """
    if operators:
        return _("A search with operators cannot be answered at the moment. %(problem)s") % {
            "problem": problem
        }
    told = _("Search is answered by the database at the moment; results are unranked.")
    return f"{told} {problem}"


def refusal() -> str:
    """Return the message for an action on all rows of an answer that cannot be repeated."""
    return _(
        "Nothing was done. The search cannot be repeated at the moment, so “all” might select "
        "other rows than those you saw. Select the rows one by one, or search again later."
    )


def mark(form: ActionForm) -> None:
    """Mark the action form of a page whose rows came from the database."""
    form.fields[FIELD] = forms.BooleanField(
        required=False, initial=True, label="", widget=forms.HiddenInput
    )


def remember(request: HttpRequest, search: str, *, database: bool) -> None:
    """Store in the session whether Elasticsearch or the database answered a search last.

    This also works if a theme leaves out the mark in the form.
    """
    session = getattr(request, "session", None)
    if session is None:
        return
    searches = [key for key in session.get(_SESSION_KEY, ()) if key != search]
    if database:
        session[_SESSION_KEY] = [*searches, search][-_REMEMBERED:]
    elif len(searches) < len(session.get(_SESSION_KEY, ())):
        session[_SESSION_KEY] = searches


def was_shown(request: HttpRequest, search: str) -> bool:
    """Return whether the rows of a POST were shown as the answer of the database."""
    session = getattr(request, "session", None) or {}
    return FIELD in request.POST or search in session.get(_SESSION_KEY, ())
