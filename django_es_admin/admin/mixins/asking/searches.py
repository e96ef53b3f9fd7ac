"""The searches of one request: each is sent once, however many queries of the page need it.

Django calls ``get_search_results()`` with the request, the rows and the words, and gets rows back.
So everything else that a change list asks for, and its answers, is stored on the request, and
nowhere else.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cached_property

from django.http import HttpRequest

from ....backends.transport.deadline import Deadline
from ....conf import get_options
from ....search.page import PageHits
from ....search.search_ids import SearchHits
from .answer import Answer, answer_to
from .asked import Asked

_ATTRIBUTE = "elasticsearch_searches"


class Searches:
    """What is being asked for, and the answers so far."""

    def __init__(self) -> None:
        self.asked = Asked()
        # An export needs all hits of a change list, and not a page.
        self.may_page = True
        self._answers: dict[Hashable, Answer] = {}
        self._last: dict[Hashable, Answer] = {}

    @cached_property
    def deadline(self) -> Deadline:
        """The deadline of all searches for the page, which begins with the first one."""
        return Deadline(get_options().search_timeout)

    @contextmanager
    def asking(self, asked: Asked) -> Iterator[None]:
        """Use ``asked`` for the searches in this block."""
        before, self.asked = self.asked, asked
        try:
            yield
        finally:
            self.asked = before

    def ask(
        self, admin: Hashable, question: Hashable, search: Callable[[], SearchHits | PageHits]
    ) -> Answer:
        """Return the answer for ``admin``, from memory if it was asked before."""
        key = (admin, question)
        if key not in self._answers:
            self._answers[key] = answer_to(search)
        return self._answers[key]

    def keep(self, admin: Hashable, answer: Answer) -> None:
        """Store what ``get_search_results()`` of ``admin`` made of an answer."""
        self._last[admin] = answer

    def find(self, admin: Hashable) -> Answer | None:
        """Return the last answer for ``admin``; None if it asked nothing."""
        return self._last.get(admin)


def searches_of(request: HttpRequest) -> Searches:
    """Return the searches of ``request``."""
    searches: Searches = request.__dict__.setdefault(_ATTRIBUTE, Searches())
    return searches
