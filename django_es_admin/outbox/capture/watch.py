"""Which models' changes concern which documents, and the signals that report them.

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
    """What a change of one model's objects concerns.

    Args:
        own: documents of that model's objects.
        related: documents that change with them -> the model that ``related_models`` names.
    """

    own: tuple[type[Document], ...]
    related: tuple[tuple[type[Document], Model], ...]

    def __bool__(self) -> bool:
        return bool(self.own or self.related)

    def only(self, wanted: Callable[[type[Document]], bool]) -> "Watched":
        """Return what of this concerns the documents that are wanted."""
        if not self:
            return self
        return Watched(
            own=tuple([document for document in self.own if wanted(document)]),
            related=tuple([(document, m) for document, m in self.related if wanted(document)]),
        )


def make_atomic(model: Model) -> None:
    """Wrap the saving of ``model`` in a transaction, where its caller has none.

    Django sends ``post_save`` after its own; without this, in autocommit, a capture that fails
    would leave the row saved and the change unnoticed.
    """
    original = model.save_base
    if getattr(original, "is_atomic", False):
        return

    @wraps(original)
    def save_base(self: models.Model, *args: Any, **kwargs: Any) -> None:
        using = kwargs.get("using") or (args[3] if len(args) > 3 else None)
        using = using or router.db_for_write(type(self), instance=self)
        if is_in_transaction(using):
            # It is the caller's: an error of the project's own code, a veto, is not to break it.
            original(self, *args, **kwargs)
        elif not _needs_transaction(type(self)):
            with _relying_on_triggers(using):
                original(self, *args, **kwargs)
        else:
            _save_alone(using, lambda: original(self, *args, **kwargs))

    save_base.is_atomic = True  # type: ignore[attr-defined]
    model.save_base = save_base  # type: ignore[method-assign]


def _needs_transaction(model: Model) -> bool:
    """Whether a save records anything itself, or is drained after it."""
    if get_options().sync == "inline" or watched(model):
        return True
    # Nobody knows yet what it concerns: documents may be registered later.
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
    """Whether triggers still record a change, although they are found to be removed.

    They leave only when every process has noticed, see ``triggers.install``. Then a save may be
    running that triggers, and no transaction, were found for; or it never has one, as a raw save.

    Args:
        seen: what the change concerns.
    """
    documents = (*seen.own, *(document for document, _ in seen.related))
    return _relying.get() == using or (all(map(has_triggers, documents)) and are_leaving(using))


def _save_alone(using: str, save: Callable[[], None]) -> None:
    """Save in a transaction that an error of the project's code does not undo.

    In autocommit, what was written before it stays, and so does what was recorded of it.
    """
    failure: Exception | None = None
    with atomic(using=using):
        try:
            save()
        except Error:
            # The transaction of PostgreSQL can do nothing else.
            raise
        except Exception as error:
            if connections[using].needs_rollback:
                raise
            failure = error
    if failure is not None:
        raise failure


def is_in_transaction(using: str) -> bool:
    """Whether what is written now is committed by other code, later."""
    connection = connections[using]
    return connection.in_atomic_block or not connection.get_autocommit()


def connect_first(signal: ModelSignal, receiver: Callable[..., None], sender: Model) -> None:
    """Connect what is to be called before the project's receivers, any of which may raise.

    Code that catches this inside a transaction continues, and commits what was written.
    """
    signal.connect(receiver, sender=sender, dispatch_uid=UID)
    with signal.lock:
        ours = [one for one in signal.receivers if one[0][0] == UID]
        signal.receivers = ours + [one for one in signal.receivers if one[0][0] != UID]
        signal.sender_receivers_cache.clear()


def noted_or_undone(receiver: Callable[..., None]) -> Callable[..., None]:
    """Let a transaction not be committed if what was changed in it could not be recorded.

    Args:
        receiver: of a signal that is sent after the change.
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
    """Let what a project's own ``save()`` of ``model`` changes be indexed at its end.

    It may write more after the call of ``super().save()``, in transactions of their own.
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
    """Return what a change of an object of ``model`` concerns."""
    # Not in what is cached: a project may turn them off for a while.
    return concerned_by_hand(model).only(
        lambda document: document.django.follows_changes and not by_triggers(document)
    )


def by_triggers(document: type[Document]) -> bool:
    """Whether the database records all changes that concern a document."""
    return has_triggers(document) and is_captured_by_triggers(
        document, router.db_for_write(document.django.model)
    )


def not_by_triggers(concerned: Watched) -> Watched:
    """Return of what is concerned what the database does not note by itself."""
    return concerned.only(lambda document: not by_triggers(document))


def noted_by_triggers(model: Model) -> Watched:
    """Return what a change of an object of ``model`` concerns that the database notes."""
    return concerned_by_hand(model).only(by_triggers)


def concerned_by_hand(model: Model) -> Watched:
    """Return what a change of an object of ``model`` concerns that the project reports.

    Documents with ``ignore_signals``, too: their project tells of each change.
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
