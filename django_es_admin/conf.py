"""The options of ``ES_ADMIN``: one table of defaults, read lazily."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

_SYNC = Literal["inline", "worker"]
_FALLBACK = Literal["empty", "database", "raise"]
# Options that have one of a few values.
_WORDS = {"sync": get_args(_SYNC), "search_fallback": get_args(_FALLBACK)}


@dataclass(frozen=True)
class SearchLog:
    """The options of ``SEARCH_LOG``, in capitals there; ``True`` means all defaults."""

    sample: float = 1.0
    """The share of the searches that is logged, for example ``0.1``."""

    retention: int = 90
    """Days for which a search is kept."""

    mask: str = "django_es_admin.insight.log.mask.mask"
    """Path of a function that gets the text that was typed, and returns the text to store; None to
    store nothing."""

    clicks: bool = False
    """Whether each result has a click, by which it is counted how often the result is opened."""

    def __post_init__(self) -> None:
        self._check(is_number(self.sample) and 0 < self.sample <= 1, "SAMPLE", "between 0 and 1")
        whole = isinstance(self.retention, int) and is_number(self.retention)
        self._check(whole and self.retention > 0, "RETENTION", "a number of days above 0")
        path = isinstance(self.mask, str) and "." in self.mask.strip(".")
        self._check(path, "MASK", "the dotted path of a function")
        self._check(isinstance(self.clicks, bool), "CLICKS", "True or False")

    def _check(self, good: bool, name: str, wanted: str) -> None:
        if not good:
            value = getattr(self, name.lower())
            raise ImproperlyConfigured(
                f"ES_ADMIN['SEARCH_LOG'][{name!r}] is {value!r}: give {wanted}."
            )


def is_number(value: Any) -> bool:
    """Return whether a value is a number, and not a bool."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _parse_log(given: Any) -> SearchLog | None:
    if isinstance(given, bool):
        return SearchLog() if given else None
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(
            f"ES_ADMIN['SEARCH_LOG'] is {given!r}: give True, False or a dict."
        )
    known = [field.name.upper() for field in fields(SearchLog)]
    if unknown := [str(key) for key in given if key not in known]:
        raise ImproperlyConfigured(
            f"ES_ADMIN['SEARCH_LOG'] has no option {', '.join(sorted(unknown))}: "
            f"the options are {', '.join(known)}."
        )
    return SearchLog(**{key.lower(): value for key, value in given.items()})


@dataclass(frozen=True)
class Options:
    """The options of ``ES_ADMIN``, in capitals there (``{"PAGE_TIMEOUT": 2}``)."""

    page_timeout: float = 1.0
    """Seconds that one connection has to answer for an admin page."""

    operation_timeout: float = 30.0
    """Seconds that one request of an operation (plan, create, swap, delete) may take."""

    operation_patience: float = 300.0
    """Seconds for which a rebuild keeps trying while Elasticsearch or the database fails."""

    search_timeout: float = 2.0
    """Seconds that a search may take, from the admin's search box or from a site's."""

    search_max_results: int = 100_000
    """The number of hits that a search can page through; it becomes ``index.max_result_window``."""

    search_fallback: _FALLBACK = "empty"
    """What a site's search does while Elasticsearch does not answer: return an empty result with an
    ``error``, search the database, or raise the error."""

    slow_search: float = 1.0
    """A site's search that takes this many seconds or more is logged as slow."""

    log_search_words: bool = True
    """Whether log files contain what people search for: the queries of searches that are slow or
    refused, and the client's own logs of each request."""

    search_log: bool | Mapping[str, Any] = False
    """Whether to log what people search for, see [insight](insight.md). A dict turns the log on and
    has these keys: `SAMPLE`, the share of the searches that is logged; `RETENTION`, in days;
    `MASK`, the path of a function; `CLICKS`, whether to count which results are opened."""

    console: bool = True
    """Whether users with the right ``search_index`` may write searches as JSON on the pages."""

    bulk_max_documents: int = 1_000
    """Documents in one bulk request; ``queryset_pagination`` of a document overrides it."""

    bulk_max_bytes: int = 5_000_000
    """Bytes in one bulk request, before compression."""

    sync: _SYNC = "inline"
    """Who writes changes to the index: the process that made them, after its commit, and workers
    for what it leaves; or only workers (``es_drain``)."""

    inline_timeout: float = 2.0
    """Seconds that a save may wait for all requests and locks of its drain together."""

    inline_max_objects: int = 2_000
    """Objects that one transaction writes by itself; workers write the rest."""

    write_timeout: float = 10.0
    """Seconds that one bulk request of a worker or a load may take; must be less than half of
    ``DELETE_AGAIN_AFTER``."""

    delete_again_after: float = 30.0
    """Seconds after which a delete is sent a second time, because Elasticsearch forgets deletes,
    and a late write could bring the document back."""

    outbox_lease: float = 60.0
    """Seconds for which a worker's claim on rows is valid; if the worker dies, another one takes
    the rows after that."""

    outbox_max_attempts: int = 10
    """Failures of one document after which its row is parked, until somebody retries it."""

    max_version_ahead: float = 86_400.0
    """Seconds by which the version of a document may be ahead of the database's clock. A version
    that is further ahead counts as an error of the program that wrote it."""

    operation_retention: int = 90
    """Days for which the record of an operation is kept after the operation has ended.

    If its process was killed, it ended when the process was last known to be alive. An operation
    that has waited this long for a worker counts as failed."""

    breaker_seconds: float = 10.0
    """Seconds for which saves do not use a connection after it was found to be down."""

    def __post_init__(self) -> None:
        for name, words in _WORDS.items():
            if (value := getattr(self, name)) not in words:
                raise ImproperlyConfigured(
                    f"ES_ADMIN[{name.upper()!r}] is {value!r}: give one of {', '.join(words)}."
                )
        self._check_numbers()
        object.__setattr__(self, "_log", _parse_log(self.search_log))
        if self.write_timeout >= self.delete_again_after / 2:
            raise ImproperlyConfigured(
                f"ES_ADMIN['WRITE_TIMEOUT'] is {self.write_timeout}: it must be less than half of "
                f"DELETE_AGAIN_AFTER ({self.delete_again_after}), or a late write could bring a "
                f"deleted document back."
            )

    @property
    def log_of_searches(self) -> SearchLog | None:
        """The value of ``SEARCH_LOG``; None if searches are not logged."""
        log: SearchLog | None = self._log  # type: ignore[attr-defined]
        return log

    def _check_numbers(self) -> None:
        for field in fields(self):
            if field.name in _WORDS or field.name == "search_log":
                continue
            value = getattr(self, field.name)
            if field.type in (bool, "bool"):
                if not isinstance(value, bool):
                    raise ImproperlyConfigured(
                        f"ES_ADMIN[{field.name.upper()!r}] is {value!r}: give True or False."
                    )
                continue
            kinds = (int, float) if field.type in (float, "float") else (int,)
            if isinstance(value, bool) or not isinstance(value, kinds) or not 0 < value < math.inf:
                raise ImproperlyConfigured(
                    f"ES_ADMIN[{field.name.upper()!r}] is {value!r}: "
                    f"give a number above 0, as {field.default!r}."
                )


def parse(given: Any) -> Options:
    """Return the options for ``given``, the value of ``ES_ADMIN``.

    Raises:
        ImproperlyConfigured: ``given`` is not a mapping, has an unknown key, or a value of the
            wrong type.
    """
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured(
            f"ES_ADMIN is {type(given).__name__}: make it a dict of options."
        )
    known = {field.name.upper() for field in fields(Options)}
    unknown = [str(key) for key in given if key not in known]
    if unknown:
        raise ImproperlyConfigured(
            f"ES_ADMIN has no option {', '.join(sorted(unknown))}: "
            f"the options are {', '.join(sorted(known))}."
        )
    return Options(**{key.lower(): value for key, value in given.items()})


@cache
def get_options() -> Options:
    """Return the project's options. They are read once, and again after ``ES_ADMIN`` changed."""
    return parse(getattr(settings, "ES_ADMIN", {}))


def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "ES_ADMIN":
        get_options.cache_clear()


setting_changed.connect(_forget, dispatch_uid="django_es_admin.conf")
