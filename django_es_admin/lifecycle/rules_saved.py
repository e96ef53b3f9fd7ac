"""Put a set of synonyms as soon as a rule is saved or deleted, after the commit.

An error here does not reach the code that saved the rule. The row stays, the pages and
``es_status`` report that Elasticsearch has different rules, and the next save, ``es_synonyms`` or
rebuild puts the set again.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models.signals import post_delete, post_save

from ..backends.abstracts import Base
from ..backends.transport.deadline import Deadline
from ..exceptions import ElasticsearchAdminError
from ..indices.definition import IndexDefinition, get_definitions
from ..indices.synonyms import has_api
from ..models import Synonym
from ..operations.acting import acting, who_acts
from ..status import snapshot
from .synonyms import put_named

logger = logging.getLogger("django_es_admin.synonyms")

SECONDS = 2.0
"""How long a save waits for Elasticsearch at most."""


@dataclass(frozen=True)
class RulesPut:
    """The result for a set whose rules were saved.

    Args:
        name: the name of the set in the rows.
        error: why Elasticsearch does not have the rules; "" if it has them.
        at_rebuild: whether the rules act only after the next rebuild, because the server is too
            old.
    """

    name: str
    error: str = ""
    at_rebuild: bool = False


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.put_at: dict[tuple[str, str], float] = {}
        self.told: list[RulesPut] | None = None


_mine = _OfThread()


def connect() -> None:
    """Connect to the signals of rules that are saved or deleted."""
    for signal in (post_save, post_delete):
        signal.connect(_changed, sender=Synonym, dispatch_uid="django_es_admin.synonyms")


@contextmanager
def telling() -> Iterator[list[RulesPut]]:
    """Collect the results for the sets whose rules this thread saves in the context."""
    told: list[RulesPut] = []
    _mine.told = told
    try:
        yield told
    finally:
        _mine.told = None


def definitions_with(connection: str, name: str) -> list[IndexDefinition]:
    """Return the indices whose analyzers use a set.

    Args:
        name: the name of the set in the rows.
    """
    return [d for d in get_definitions() if d.using == connection and name in d.synonyms]


def _changed(sender: Any, instance: Synonym, using: str, **kwargs: Any) -> None:
    place, moment, who = (instance.connection, instance.name), time.monotonic(), who_acts()

    def put() -> None:
        # For several rows in one transaction, the first callback puts all rules.
        if _mine.put_at.get(place, 0.0) < moment:
            _mine.put_at[place] = time.monotonic()
            with acting(who):
                _put(*place)

    transaction.on_commit(put, using=using or DEFAULT_DB_ALIAS, robust=True)


def _put(connection: str, name: str) -> None:
    definitions = definitions_with(connection, name)
    if not definitions:
        # No generation uses the set yet. The rebuild that needs it will create it.
        return
    definition = definitions[0]
    backend = definition.connection
    put = RulesPut(name)
    try:
        deadline = Deadline(SECONDS)
        if backend.readonly:
            put = RulesPut(name, f"The connection {backend.alias!r} is READONLY in ES_SERVERS.")
        elif _is_older(backend, deadline):
            put = RulesPut(name, at_rebuild=True)
        else:
            put_named(definition, [name], deadline)
            snapshot.forget(backend)
    except ElasticsearchAdminError as error:
        put = RulesPut(name, str(error))
        logger.warning("The synonyms %s were saved, and not put: %s", name, error)
    except Exception as error:
        # An error after a commit must not reach the caller of save().
        put = RulesPut(name, type(error).__name__)
        logger.exception("The synonyms %s were saved, and not put.", name)
    if _mine.told is not None:
        _mine.told.append(put)


def _is_older(backend: Base, deadline: Deadline) -> bool:
    try:
        return not has_api(backend, deadline)
    except ElasticsearchAdminError:
        # An outage is recorded as the error of the operation.
        return False
