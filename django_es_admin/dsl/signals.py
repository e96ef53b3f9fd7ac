"""The signal after a write, and the classes that projects subclass.

Nothing here listens to saves, because the outbox does, for every registered document.
"""

import logging
from typing import Any

from django.db import models
from django.dispatch import Signal

from ..documents.described.places import read_place
from ..outbox.drain.write import Outcome, documents_written
from .registries import registry
from .writing import writing

logger = logging.getLogger(__name__)

post_index = Signal()
"""Sent after ``DocType.update()`` has written, with ``instance`` (of the document class, which is
the sender), ``actions`` and ``response``; and after a drain, where a failure is only logged."""


def _on_written(sender: Any, outcome: Outcome, **kwargs: Any) -> None:
    """Send the signal for the documents of a drain; ``update()`` sends its own."""
    if sender not in registry.get_documents() or writing.get():
        return
    index = sender._index._name
    actions = [
        {
            "_op_type": "delete" if key in outcome.deleted else "index",
            "_index": index,
            "_id": read_place(key).id,
        }
        for key in outcome.keys
    ]
    errors = [{"index": {"_id": key, "error": error}} for key, error in outcome.errors.items()]
    response = (len(outcome.keys) - len(errors), errors)
    for receiver, answer in post_index.send_robust(
        sender=sender, instance=sender(), actions=actions, response=response
    ):
        if isinstance(answer, Exception):
            logger.error("%r failed after a write", receiver, exc_info=answer)


documents_written.connect(_on_written, dispatch_uid="django_es_admin.dsl.signals")


class BaseSignalProcessor:
    """Handles changes with the registry. A project may call its methods.

    Args:
        connections: the connections of ``elasticsearch.dsl``.
    """

    def __init__(self, connections: Any) -> None:
        self.connections = connections
        self.setup()

    def setup(self) -> None:
        """Connect signals; there are none here."""

    def teardown(self) -> None:
        """Disconnect signals."""

    def handle_m2m_changed(
        self, sender: Any, instance: models.Model, action: str, **kwargs: Any
    ) -> None:
        """Update the documents of both sides of a relation."""
        if action in ("post_add", "post_remove", "post_clear"):
            self.handle_save(sender, instance)
        elif action in ("pre_remove", "pre_clear"):
            self.handle_pre_delete(sender, instance)

    def handle_save(self, sender: Any, instance: models.Model, **kwargs: Any) -> None:
        """Update the documents of an object, and those that change with it."""
        registry.update(instance)
        registry.update_related(instance)

    def handle_pre_delete(self, sender: Any, instance: models.Model, **kwargs: Any) -> None:
        """Update the documents that change with an object, before it is deleted."""
        registry.delete_related(instance)

    def handle_delete(self, sender: Any, instance: models.Model, **kwargs: Any) -> None:
        """Update the index after the deletion of an object."""
        registry.delete(instance, raise_on_error=False)


class RealTimeSignalProcessor(BaseSignalProcessor):
    """Does what the outbox does with ``ES_ADMIN["SYNC"] = "inline"``: right after the commit."""


class CelerySignalProcessor(RealTimeSignalProcessor):
    """Does what the outbox does with ``ES_ADMIN["SYNC"] = "worker"``: in ``es_drain`` or a task."""
