"""What the connections said of late, shared by all processes through Django's cache.

However many pages are open, a connection is asked once in a few seconds. Where it does not answer,
what it said last is kept, with the moment of that. Nothing that changes an index reads this.
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
"""For which an answer is as good as a new one."""

REMEMBERED = 24 * 60 * 60
"""Seconds for which the last answer is kept."""

_LOOK_AGAIN = 0.05

_BRIEF = 0.4
"""The part of its time for which a page waits for a connection that was silent a moment ago."""

_PATIENCE = timedelta(minutes=1)
"""After which a silent connection gets all of its time again, in case that it is slow."""


@dataclass(frozen=True)
class Snapshot:
    """What a connection said.

    Args:
        answer: of it; where it did not answer, what it said last beside the error.
        taken: when it was asked.
        told: when it said so; None if it never did.
        complete: whether the documents of undeclared indices were counted, too.
        patient: when it was last given all of its time.
    """

    answer: ClusterAnswer
    taken: datetime
    told: datetime | None
    complete: bool
    patient: datetime | None = None

    def answers(self, *, complete: bool) -> bool:
        """Whether it is new, and has all that is asked for."""
        age = (timezone.now() - self.taken).total_seconds()
        return 0 <= age < SECONDS and (self.complete or not complete)


def look(
    backends: Iterable[Base], seconds: float, *, complete: bool = False
) -> dict[str, Snapshot]:
    """Return alias of each connection -> what it said; those that nobody asked of late are asked.

    Of several processes that look at once, one asks and the others wait for its answer.

    Args:
        seconds: that each connection has, all at once.
        complete: count the documents of undeclared indices, too.
    """
    every = {backend.alias: backend for backend in backends}
    # Caches that are tables of the database are read in this thread alone.
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
                # It was asked, and for less.
                end = 0.0
    # The process that had the turn was killed, asked for less, or waits for longer than it may.
    found |= _ask([every[alias] for alias in others], keys, known, seconds, complete=complete)
    return {alias: found[alias] for alias in every}


def forget(backend: Base) -> None:
    """Let the next look ask again, as something was changed; what was said stays known."""
    key = _key(backend)
    found = _recall(key)
    if found:
        _keep(key, replace(found, taken=found.taken - timedelta(seconds=SECONDS)))


def ask_anew(backends: Iterable[Base]) -> None:
    """Share nothing in this process from now on, and forget what these connections said.

    For tests, whose pages show what the lines before have done.
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
    """Whether a connection did not answer when it had all of its time, a moment ago."""
    if before is None or before.answer.health.available or before.patient is None:
        return False
    return timedelta(0) <= now - before.patient < _PATIENCE


def _with_last(new: Snapshot, before: Snapshot | None) -> Snapshot:
    """Complete what a connection did not say by what it said last."""
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
    """Return a key of the cache: another server, another prefix, other indices are another one."""
    shown = details(backend)
    names = sorted(definition.alias for definition in _declared(backend))
    parts = repr((shown, type(backend).__qualname__, names))
    return f"django_es_admin:snapshot:1:{sha256(parts.encode()).hexdigest()}"


def _recall(key: str) -> Snapshot | None:
    # A cache that is down, or holds what other code wrote, costs the sharing and no page.
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
