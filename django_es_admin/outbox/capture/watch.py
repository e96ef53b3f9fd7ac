"""Which models' changes concern which documents, and the signals that report these changes.

Signals are connected for each model that a document reads, never for all: Django deletes rows of a
model without receivers in one statement, and should continue to do so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any

from django.db import Error, connections, models, router
from django.db.models.signals import ModelSignal
from django.db.transaction import atomic

from ...conf import get_options
from ...documents import Document, registry
from ...documents.described.kin import family
from ..drainers.saving import asaving, saving
from ..triggers.wanted import are_leaving, has_triggers, is_captured_by_triggers

Model = type[models.Model]

UID = "django_es_admin.outbox.capture.signals"


@dataclass(frozen=True)
class Watched:
    """The documents that a change of one model's objects concerns.

    Args:
        own: documents of that model's objects.
        related: documents that change with these objects -> the model named in ``related_models``.
    """

    own: tuple[type[Document], ...]
    related: tuple[tuple[type[Document], Model], ...]

    def __bool__(self) -> bool:
        return bool(self.own or self.related)

    def only(self, wanted: Callable[[type[Document]], bool]) -> "Watched":
        """Return only the documents for which ``wanted`` is true."""
        if not self:
            return self
        return Watched(
            own=tuple([document for document in self.own if wanted(document)]),
            related=tuple([(document, m) for document, m in self.related if wanted(document)]),
        )


def make_atomic(model: Model) -> None:
    """Wrap the ``save_base`` of ``model`` in a transaction if the caller has none.

    Django sends ``post_save`` after its own transaction. In autocommit mode, a capture that fails
    would leave the row saved, but the change unrecorded.
    """
    original = model.save_base
    if getattr(original, "is_atomic", False):
        return

    @wraps(original)
    def save_base(self: models.Model, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or (args[3] if len(args) > 3 else None)
        using = using or router.db_for_write(type(self), instance=self)
        if is_in_transaction(using):
            # The transaction is the caller's: an error of the project's own code must not break it.
            original(self, *args, **kwargs)
        elif not _needs_transaction(type(self)):
            with _relying_on_triggers(using):
                original(self, *args, **kwargs)
        else:
            _save_alone(using, lambda: original(self, *args, **kwargs))

    save_base.is_atomic = True  # type: ignore[attr-defined]
    model.save_base = save_base  # type: ignore[method-assign]


def _needs_transaction(model: Model) -> bool:
    """Return whether a save records a change itself, or is drained after the commit."""
    if get_options().sync == "inline" or watched(model):
        return True
    # Documents may be registered later, so it is not yet known what the save concerns.
    return not concerned_by_hand(model)


_relying: ContextVar[str | None] = ContextVar("django_es_admin_relying", default=None)


@contextmanager
def _relying_on_triggers(using: str) -> Iterator[None]:
    token = _relying.set(using)
    try:
        yield
    finally:
        _relying.reset(token)


def may_rely_on_triggers(seen: Watched, using: str) -> bool:
    """Return whether triggers still record a change although they are being removed.

    Triggers are removed only after every process has noticed, see ``triggers.install``. Until then,
    a save may be running that relied on the triggers and opened no transaction; and a raw save
    never opens one.

    Args:
        seen: the documents that the change concerns.
    """
    documents = (*seen.own, *(document for document, _ in seen.related))
    return _relying.get() == using or (all(map(has_triggers, documents)) and are_leaving(using))


def _save_alone(using: str, save: Callable[[], None]) -> None:
    """Save in a transaction that is not undone by an error of the project's code.

    In autocommit mode, what was saved before the error stays, and so does its record.
    """
    failure: Exception | None = None
    with atomic(using=using):
        try:
            save()
        except Error:
            # After an error of the database, PostgreSQL allows nothing but a rollback.
            raise
        except Exception as error:
            if connections[using].needs_rollback:
                raise
            failure = error
    if failure is not None:
        raise failure


def is_in_transaction(using: str) -> bool:
    """Return whether other code commits later what is written now."""
    connection = connections[using]
    return connection.in_atomic_block or not connection.get_autocommit()


def connect_first(signal: ModelSignal, receiver: Callable[..., None], sender: Model) -> None:
    """Connect a receiver so that it is called before the project's receivers, which may raise.

    Code that catches such an error inside a transaction may continue, and commit the change.
    """
    signal.connect(receiver, sender=sender, dispatch_uid=UID)
    with signal.lock:
        ours = [one for one in signal.receivers if one[0][0] == UID]
        signal.receivers = ours + [one for one in signal.receivers if one[0][0] != UID]
        signal.sender_receivers_cache.clear()


def noted_or_undone(receiver: Callable[..., None]) -> Callable[..., None]:
    """Prevent the commit if a change could not be recorded.

    Args:
        receiver: the receiver of a signal that is sent after the change.
    """

    @wraps(receiver)
    def noting(*, using: str, **kwargs: Any) -> None:
        try:
            receiver(using=using, **kwargs)
        except BaseException:
            if is_in_transaction(using):
                connections[using].needs_rollback = True
            raise

    return noting


def watch_save(model: Model) -> None:
    """Let the changes that a project's own ``save()`` of ``model`` makes be drained at its end.

    Such a ``save()`` may write more after ``super().save()``, in further transactions.
    """
    save, asave = model.save, model.asave

    @wraps(save)
    def watched_save(self: models.Model, *args: Any, **kwargs: Any) -> Any:
        with saving():
            return save(self, *args, **kwargs)

    @wraps(asave)
    async def watched_asave(self: models.Model, *args: Any, **kwargs: Any) -> Any:
        async with asaving():
            return await asave(self, *args, **kwargs)

    if _is_of_the_project(save, models.Model.save):
        watched_save.is_watched = True  # type: ignore[attr-defined]
        model.save = watched_save  # type: ignore[method-assign]
    if _is_of_the_project(asave, models.Model.asave):
        watched_asave.is_watched = True  # type: ignore[attr-defined]
        model.asave = watched_asave  # type: ignore[method-assign]


def _is_of_the_project(method: Any, original: Any) -> bool:
    return method is not original and not getattr(method, "is_watched", False)


def watched(model: Model) -> Watched:
    """Return the documents for which signals record a change of ``model``."""
    # Not cached: a project may turn signals off for a while.
    return concerned_by_hand(model).only(
        lambda document: document.django.follows_changes and not by_triggers(document)
    )


def by_triggers(document: type[Document]) -> bool:
    """Return whether the database's triggers record all changes that concern a document."""
    return has_triggers(document) and is_captured_by_triggers(
        document, router.db_for_write(document.django.model)
    )


def not_by_triggers(concerned: Watched) -> Watched:
    """Return the documents whose changes the database's triggers do not record."""
    return concerned.only(lambda document: not by_triggers(document))


def noted_by_triggers(model: Model) -> Watched:
    """Return the documents for which the database's triggers record changes of ``model``."""
    return concerned_by_hand(model).only(by_triggers)


def concerned_by_hand(model: Model) -> Watched:
    """Return the documents that a change of ``model`` concerns if the project reports it.

    These include documents with ``ignore_signals``, for which the project reports each change.
    """
    return _watched(registry.get_documents(), model)


@lru_cache(maxsize=1_000)
def _watched(documents: tuple[type[Document], ...], model: Model) -> Watched:
    return Watched(
        own=tuple(d for d in documents if model in family(d.django.model)),
        related=tuple(
            (d, related)
            for d in documents
            for related in d.django.related_models
            if model in family(related)
        ),
    )
