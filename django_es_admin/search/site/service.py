"""A site's search: declared once, and used by pages, JSON and REST views."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import (
    ElasticsearchAdminError,
    SearchParameterInvalid,
    ServerRefused,
)
from ..logged import reason_of
from ..request import SearchRequest
from ..search_ids import key_reader
from ..text.fields import read_fields
from ..text.words import Words
from .answer import completion, database
from .answer.results import Correction, SearchResults, Suggestion
from .answer.send import request_of, send
from .answer.spelling import PhraseSuggester
from .building import SearchBuilding
from .hits import read_hits
from .promotions import is_promoted
from .telling import Tell, telling, telling_of_keys
from .visitor.criteria import Selection, find_field
from .visitor.paging import Paging
from .visitor.values import read_text, read_whole

if TYPE_CHECKING:
    from elasticsearch.dsl import Search

logger = logging.getLogger("django_es_admin.search")


class SearchService(SearchBuilding):
    """The search of a site. Subclass it, and declare in its attributes what visitors can request.

    Methods raise ``SearchParameterInvalid`` for invalid input. If Elasticsearch does not answer,
    they raise nothing, unless ``fallback`` is ``"raise"``.
    """

    def build_search(self, query: str | None = None, **criteria: Any) -> "Search[Any]":
        """Return the search for words and criteria, without page and order, for further changes.

        Args:
            query: words; None, or nothing but spaces, for everything.
            criteria: the criteria of ``filters`` (a value, or a list of values) and ``ranges``;
                None means no criterion.

        Raises:
            SearchParameterInvalid: a value is invalid.
            TypeError: there is no such criterion.
        """
        return self._build(self._read_words(query), self._read_selections(criteria))

    def search(
        self,
        query: str | None = None,
        *,
        sort_by: str | None = None,
        page: int | str | None = 1,
        page_size: int | str | None = None,
        after: str | None = None,
        **criteria: Any,
    ) -> SearchResults:
        """Return one page of results.

        Args:
            query: words; None, or nothing but spaces, for everything.
            sort_by: one of ``sorts``. For any other name, the first one is used.
            page: the number of the page, from 1.
            page_size: the number of results on a page, at most ``max_page_size``.
            after: ``next`` of the previous page, to continue from there; ``page`` is ignored then.
            criteria: see ``build_search``.

        Raises:
            SearchParameterInvalid: a value is invalid, or there is no page with that number.
            TypeError: there is no such criterion.
        """
        words, selections = self._read_words(query), self._read_selections(criteria)
        paging = self._read_paging(sort_by, page, page_size, after)
        tell = telling(self, query, paging, criteria)
        search = self._build(words, selections)
        return self._answer(search, words, selections, paging, tell)

    def find_keys(
        self,
        query: str | None = None,
        *,
        sort_by: str | None = None,
        limit: int = 1_000,
        meant: bool = False,
        **criteria: Any,
    ) -> tuple[Any, ...] | None:
        """Return the primary keys of the results, in the requested order.

        Return None if nothing answers.

        Args:
            limit: the maximum number of keys.
            meant: whether a visitor requested this search, so that the log counts it. query,
                sort_by, criteria: see ``search``.

        Raises:
            SearchParameterInvalid: a value is invalid.
            TypeError: there is no such criterion.
        """
        words, selections = self._read_words(query), self._read_selections(criteria)
        paging = replace(self._read_paging(sort_by, 1, None, None), page_size=limit)
        tell = telling_of_keys(self, query, paging, criteria) if meant else None
        search = paging.apply(self._build(words, selections)).source(False)
        answer = self._try(search.extra(track_total_hits=False))
        if answer is not None:
            read = key_reader(self.document.django.model)
            keys = (read(hit["_id"]) for hit in answer["hits"]["hits"])
            found = tuple(key for key in keys if key is not None)
            if tell:
                tell(len(found))
            return found
        rows = self._rows(words, selections) if self._fallback == "database" else None
        if rows is None:
            return None
        ordered = database.order(self.document, rows, self.sorts[paging.sort_by])
        return tuple(ordered.values_list("pk", flat=True)[:limit])

    def autocomplete(self, prefix: str, size: int = 10) -> list[Suggestion]:
        """Return completions of the beginning of a word, each text once, the best first.

        There are none for fewer than ``min_prefix_length`` characters, or if Elasticsearch does not
        answer.

        Raises:
            SearchParameterInvalid: the prefix is no text, or the size no number above 0.
            SearchMisdeclared: there is no ``suggest_field``.
        """
        field = self._declared("suggest_field")
        wanted = min(read_whole("size", size), self.max_page_size)
        typed = read_text("q", prefix, self.max_query_length)
        # Elasticsearch uses these characters as separators in a completion, and refuses them here.
        typed = "".join(c if c.isprintable() else " " for c in typed).lstrip()
        typed = typed[: completion.MAX_PREFIX]
        if len(typed) < self.min_prefix_length:
            return []
        visible = [selection.path for selection in self._default_selections()]
        search = completion.completing(self.document.search(), field, typed, wanted, visible)
        answer = self._try(search)
        if answer is None:
            return []
        return completion.read_completions(answer, field, wanted, self._is_visible)

    def did_you_mean(self, query: str, size: int = 5) -> list[Correction]:
        """Return other spellings of ``query``, the most likely first.

        There are none if the words are known, or if Elasticsearch does not answer.

        Raises:
            SearchParameterInvalid: the query is no text, or the size no number above 0.
            SearchMisdeclared: there is no ``spelling_field``.
        """
        field = self._declared("spelling_field")
        visible = [selection.query for selection in self._default_selections()]
        suggester = PhraseSuggester(
            find_field(self.document, field),
            min(read_whole("size", size), self.max_page_size),
            visible,
        )
        words = self._read_words(query)
        if not words:
            return []
        deadline = Deadline(self._seconds)
        answer = self._try(suggester.asking(self.document.search(), words.text))
        if answer is None:
            return []
        found = suggester.new_words(answer)
        if not visible or not found:
            return suggester.read(answer)
        # A word that occurs only in hidden documents must not be revealed.
        search = suggester.looking_for(self.document.search(), found)
        told = self._try(search, seconds=deadline.remaining)
        return [] if told is None else suggester.read(answer, suggester.read_known(told))

    # Searches for the parameters of a URL

    def answer(self, parameters: Mapping[str, Any]) -> SearchResults:
        """Return the results for the parameters of a URL, a ``QueryDict``; others are ignored.

        The results have the fields of ``source_includes`` or, if that is empty, those that the
        service names.

        Raises:
            SearchParameterInvalid: a value is invalid.
        """
        return self.with_declared_fields().search(**self.read_parameters(parameters))

    def request_for(self, parameters: Mapping[str, Any]) -> SearchRequest:
        """Return the request that :meth:`answer` sends first. Nothing is sent here.

        Raises:
            SearchParameterInvalid: a value is invalid.
        """
        service = self.with_declared_fields()
        asked = service.read_parameters(parameters)
        return service._request(**asked)  # noqa: SLF001 (its own class)

    # How searches are sent

    def _request(
        self,
        query: str | None = None,
        *,
        sort_by: str | None = None,
        page: int | str | None = 1,
        page_size: int | str | None = None,
        after: str | None = None,
        **criteria: Any,
    ) -> SearchRequest:
        words, selections = self._read_words(query), self._read_selections(criteria)
        paging = self._read_paging(sort_by, page, page_size, after)
        return request_of(paging.apply(self._build_answer(words, selections)), self._seconds)

    @property
    def _seconds(self) -> float:
        """The time limit of all requests for one call, in seconds."""
        return get_options().search_timeout if self.timeout is None else self.timeout

    def _answer(
        self,
        search: "Search[Any]",
        words: Words,
        selections: Sequence[Selection],
        paging: Paging,
        tell: Tell,
    ) -> SearchResults:
        answer = self._try(paging.apply(search))
        if answer is None:
            return self._unanswered(words, selections, paging)
        hits = answer["hits"]["hits"]
        total = int(answer["hits"]["total"]["value"])
        results = self._page(read_hits(hits), total, paging)
        results["next"] = paging.next_cursor(hits, total)
        if promoted := sum(map(is_promoted, hits)):
            results["promoted"] = promoted
        self._complete(results, answer)
        tell(results, [hit["_id"] for hit in hits])
        return results

    def _complete(self, results: SearchResults, answer: Mapping[str, Any] | None) -> None:
        """Add the other results of the search; None adds nothing."""

    def _page(self, found: list[dict[str, Any]], total: int, paging: Paging) -> SearchResults:
        return {
            "results": found,
            "total": total,
            "page": paging.page,
            "page_size": paging.page_size,
            "total_pages": paging.total_pages(total),
        }

    def _try(
        self, search: "Search[Any]", *, seconds: float | None = None
    ) -> Mapping[str, Any] | None:
        """Return the answer; None if there is none and no error has to be raised.

        Args:
            seconds: the remaining seconds, if there was an earlier request.
        """
        try:
            return send(self.document, search, self._seconds if seconds is None else seconds)
        except ElasticsearchAdminError as error:
            if isinstance(error, ServerRefused) and _is_ours(error):
                logger.warning("A search was refused: %s", reason_of(error))
                text = _("The search cannot be understood.")
                raise SearchParameterInvalid(text) from error
            if self._fallback == "raise":
                raise
            told = reason_of(error)
            logger.error("A search was not answered: %s", told)  # noqa: TRY400 (it says enough)
            return None

    def _unanswered(
        self, words: Words, selections: Sequence[Selection], paging: Paging
    ) -> SearchResults:
        rows = self._rows(words, selections) if self._fallback == "database" else None
        if rows is None or paging.after is not None:
            results = self._page([], 0, paging)
            results["error"] = _("Search service temporarily unavailable")
        else:
            ordered = database.order(self.document, rows, self.sorts[paging.sort_by])
            found = database.read_page(
                self.document, ordered, paging, self._includes, self.source_excludes
            )
            results = self._page(found, rows.count(), paging)
            results["warning"] = _(
                "Search is answered by the database at the moment; results are unranked."
            )
        results["next"] = None
        self._complete(results, None)
        return results

    def _rows(self, words: Words, selections: Sequence[Selection]) -> Any:
        return database.DatabaseSearch(
            self.document,
            read_fields(self.document, self.fields),
            words,
            self.operator == "or",
            [*self._default_selections(), *selections],
            self._promotions(words).never,
        ).rows()

    def _is_visible(self, source: Any) -> bool:
        return all(
            completion.value_at(source, selection.path) in selection.values
            for selection in self._default_selections()
        )


def _is_ours(error: ServerRefused) -> bool:
    """Return whether Elasticsearch refused the request, instead of failing."""
    meta = getattr(error.__cause__, "meta", None)
    return getattr(meta, "status", 400) < 500
