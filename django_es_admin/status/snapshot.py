"""Recent answers of the connections, shared by all processes through Django's cache.

However many pages are open, a connection is asked only once in a few seconds. If it does not
answer, its last answer is kept, with its time. Code that changes an index does not use this.
"""

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from ..backends.abstracts import Base
from ..backends.display import details
from ..backends.health import for_each
from ..indices.definition import IndexDefinition, get_definitions
from .answers import ClusterAnswer, ask

SECONDS = 5.0
"""The seconds for which an answer is used instead of a new one."""

REMEMBERED = 24 * 60 * 60
"""The seconds for which the last answer is kept."""

_LOOK_AGAIN = 0.05

_BRIEF = 0.4
"""The share of its time that a connection gets if it did not answer just before."""

_PATIENCE = timedelta(minutes=1)
"""The seconds after which such a connection gets its full time again, in case it is just slow."""


@dataclass(frozen=True)
class Snapshot:
    """The answer of a connection.

    Args:
        answer: the answer; if there is none, the error together with the last answer.
        taken: when the connection was asked.
        told: when the connection answered; None if it never did.
        complete: whether the documents of undeclared indices were counted, too.
        patient: when the connection was last given its full time.
    """

    answer: ClusterAnswer
    taken: datetime
    told: datetime | None
    complete: bool
    patient: datetime | None = None

    def answers(self, *, complete: bool) -> bool:
        """Return whether the answer is recent enough, and contains what is needed."""
        age = (timezone.now() - self.taken).total_seconds()
        return 0 <= age < SECONDS and (self.complete or not complete)


def look(
    backends: Iterable[Base], seconds: float, *, complete: bool = False
) -> dict[str, Snapshot]:
    """Return alias of each connection -> its answer, which is at most a few seconds old.

    If several processes need a new answer at the same time, one asks, and the others wait.

    Args:
        seconds: the time limit of each connection; they are asked in parallel.
        complete: whether to count the documents of undeclared indices, too.
    """
    every = {backend.alias: backend for backend in backends}
    # A cache in a database table must be read in this thread.
    keys = {alias: _key(backend) for alias, backend in every.items()}
    known = {alias: told for alias, key in keys.items() if (told := _recall(key))}
    due = [a for a in every if a not in known or not known[a].answers(complete=complete)]
    mine = [alias for alias in due if _take_turn(keys[alias], seconds)]
    found = dict(known)
    found |= _ask([every[alias] for alias in mine], keys, known, seconds, complete=complete)
    others = [alias for alias in due if alias not in mine]
    end = time.monotonic() + seconds
    while others and time.monotonic() < end:
        time.sleep(_LOOK_AGAIN)
        for alias in tuple(others):
            new = _recall(keys[alias])
            if new and new.answers(complete=complete):
                found[alias] = new
                others.remove(alias)
            elif new and new.answers(complete=False):
                # The answer of the other process was incomplete.
                end = 0.0
    # The process that asks was killed, asks for less, or takes too long.
    found |= _ask([every[alias] for alias in others], keys, known, seconds, complete=complete)
    return {alias: found[alias] for alias in every}


def forget(backend: Base) -> None:
    """Make the next page ask again after a change; the last answers stay known."""
    key = _key(backend)
    found = _recall(key)
    if found:
        _keep(key, replace(found, taken=found.taken - timedelta(seconds=SECONDS)))


def ask_anew(backends: Iterable[Base]) -> None:
    """Do not share answers in this process from now on, and forget those of these connections.

    This is for tests, whose pages must show the latest state.
    """
    global SECONDS  # noqa: PLW0603 (a run of tests has one process, or several of its own)
    SECONDS = 0.0
    with suppress(Exception):
        cache.delete_many([_key(backend) for backend in backends])


def _ask(
    backends: list[Base],
    keys: Mapping[str, str],
    known: Mapping[str, Snapshot],
    seconds: float,
    *,
    complete: bool,
) -> dict[str, Snapshot]:
    definitions = {b.alias: _declared(b) for b in backends}
    others = None if complete else frozenset[str]()
    taken = timezone.now()
    brief = {b.alias for b in backends if _is_silent(known.get(b.alias), taken)}

    def time_of(backend: Base) -> float:
        return seconds * _BRIEF if backend.alias in brief else seconds

    answers = for_each(backends, lambda b: ask(b, definitions[b.alias], time_of(b), others))
    found = {}
    for backend, answer in zip(backends, answers, strict=True):
        key, before = keys[backend.alias], known.get(backend.alias)
        patient = before.patient if before and backend.alias in brief else taken
        new = Snapshot(answer, taken, taken, complete, patient)
        found[backend.alias] = _with_last(new, before)
        _keep(key, found[backend.alias])
        with suppress(Exception):
            cache.delete(f"{key}:turn")
    return found


def _is_silent(before: Snapshot | None, now: datetime) -> bool:
    """Return whether a connection recently did not answer within its full time."""
    if before is None or before.answer.health.available or before.patient is None:
        return False
    return timedelta(0) <= now - before.patient < _PATIENCE


def _with_last(new: Snapshot, before: Snapshot | None) -> Snapshot:
    """Complete the answer of a connection with its last one."""
    if new.answer.health.available:
        return new
    if before is None or before.told is None:
        return replace(new, told=None)
    last = before.answer
    kept = replace(
        new.answer,
        live=last.live,
        mappings=last.mappings,
        documents=last.documents,
        told=before.told,
    )
    return replace(new, answer=kept, told=before.told)


def _declared(backend: Base) -> list[IndexDefinition]:
    return [d for d in get_definitions(backend.alias) if d.using == backend.alias]


def _key(backend: Base) -> str:
    """Return the cache key, which depends on the server, the prefix and the indices."""
    shown = details(backend)
    names = sorted(definition.alias for definition in _declared(backend))
    parts = repr((shown, type(backend).__qualname__, names))
    return f"django_es_admin:snapshot:1:{sha256(parts.encode()).hexdigest()}"


def _recall(key: str) -> Snapshot | None:
    # If the cache fails, or contains data of other code, answers are not shared.
    with suppress(Exception):
        found: Any = cache.get(key)
        return found if isinstance(found, Snapshot) else None
    return None


def _keep(key: str, snapshot: Snapshot) -> None:
    with suppress(Exception):
        cache.set(key, snapshot, REMEMBERED)


def _take_turn(key: str, seconds: float) -> bool:
    try:
        return bool(cache.add(f"{key}:turn", 1, seconds + 1))
    except Exception:  # noqa: BLE001 (caches raise what they like)
        return True
