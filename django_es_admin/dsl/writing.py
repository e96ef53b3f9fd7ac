"""Write the given objects: record them in the outbox, and drain it.

The objects are read afresh, so that a document always has the state of the database.
"""

import logging
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connections, models

from ..counted import many
from ..documents.registry import registry as all_documents
from ..exceptions import IndexMissing
from ..indices.definition import definition_of
from ..models import OutboxEntry
from ..outbox.capture.changes import capture_keys
from ..outbox.capture.together import Together, from_now_on
from ..outbox.drain.batch import DrainResult
from ..outbox.drain.targets import read_targets
from ..outbox.drainers.inline import suspended
from .declared import DeclaredDocument
from .exceptions import DjangoElasticsearchDslError

logger = logging.getLogger(__name__)

writing: ContextVar[bool] = ContextVar("django_es_admin_dsl_writing", default=False)
"""Whether the drain belongs to ``DocType.update()``, which sends its signal itself."""


class Actions:
    """The actions of ``DocType.update()``: one action of Elasticsearch's bulk API per object.

    The documents are only made if something reads them. The outbox needs only the objects.

    Args:
        document: an instance of the document class.
        objects: objects of its model.
        action: ``"delete"``; or ``"index"`` or ``"update"``, which write the whole document.
    """

    def __init__(
        self, document: DeclaredDocument, objects: Iterable[models.Model], action: str = "index"
    ) -> None:
        self.document = document
        self.objects = objects
        self.action = action

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for one in self.objects:
            if self.action == "delete" or self.document.should_index_object(one):
                yield self.document._prepare_action(one, self.action)  # noqa: SLF001 (a hook of projects)


@dataclass
class Write:
    """Writes some objects of one document class.

    Args:
        document: the class.
        refresh: whether to make the documents searchable immediately; None to use the setting of
            the document.
        deletes: whether the objects are expected to be deleted.
        threads: the number of threads that drain, if the database allows more than one.
    """

    document: type[DeclaredDocument]
    refresh: bool | str | None
    deletes: bool = False
    threads: int = 1
    count: int = 0

    def run(self, keys: Iterable[str]) -> tuple[int, list[dict[str, Any]]]:
        """Record and write the objects; return how many were written, and the errors.

        In a transaction they are written after the commit, and count as written. In the transaction
        of a ``TestCase``, which is never committed, they are written immediately.

        Raises:
            IndexMissing: the index was not created; nothing was recorded.
            ElasticsearchAdminError: Elasticsearch does not take them now; they wait in the outbox.
        """
        definition = definition_of(self.document)
        using = definition.database
        if not read_targets(definition, definition.digest).write:
            raise IndexMissing(
                f"The index {definition.name} does not exist: create it with "
                f"`manage.py search_index --rebuild`."
            )
        noted = from_now_on(using)
        with suspended(using):
            self.count = capture_keys(self.document, keys, using)
        if _is_to_be_committed(using):
            noted.when_written(partial(self._drain, noted))
            return self.count, []
        self._drain(noted)
        assert noted.result is not None  # noqa: S101 (drained just now)
        for stopped in noted.result.stopped:
            raise stopped.error
        errors = list(self._errors(noted))
        return self.count - len(errors), errors

    def _drain(self, noted: Together) -> None:
        token = writing.set(True)
        try:
            if self.threads > 1 and connections[noted.using].vendor != "sqlite":
                self._drain_in_threads(noted)
            else:
                noted.drain(refresh=self.refresh)
        finally:
            writing.reset(token)
        assert noted.result is not None  # noqa: S101 (drained just now)
        if self.deletes and noted.result.written and not noted.result.stopped:
            logger.warning(
                "%s.update(action='delete') did not delete the documents of %s, because these are "
                "in the database and in get_queryset(). Delete the objects, or let "
                "should_index_object() return False for them.",
                self.document.__name__,
                many(noted.result.written, "object"),
            )

    def _drain_in_threads(self, noted: Together) -> None:
        """Drain in several threads, each of which claims its own rows."""

        def drain(_number: int) -> DrainResult:
            own = Together(noted.using, noted.after)
            try:
                own.drain(refresh=self.refresh)
            finally:
                connections.close_all()
            assert own.result is not None  # noqa: S101 (drained just now)
            return own.result

        with ThreadPoolExecutor(self.threads) as pool:
            contexts = [copy_context() for _ in range(self.threads)]
            started = [
                pool.submit(context.run, drain, number) for number, context in enumerate(contexts)
            ]
            noted.result = sum((one.result() for one in started), DrainResult())

    def _errors(self, noted: Together) -> Iterator[dict[str, Any]]:
        options = self.document.django
        rows = OutboxEntry.objects.using(noted.using).filter(
            pk__gt=noted.after,
            connection=options.using,
            index=options.index_name,
            attempts__gt=0,
        )
        for key, error in rows.values_list("key", "error").iterator():
            yield {"index": {"_index": options.alias, "_id": key, "error": error}}


def _is_to_be_committed(using: str) -> bool:
    """Return whether a transaction is open, except those around Django's test cases."""
    blocks: list[Any] = connections[using].atomic_blocks
    # Django uses the same attribute for durable transactions.
    return not all(block._from_testcase for block in blocks)  # noqa: SLF001


def document_of(index: str) -> type[DeclaredDocument]:
    """Return the document class that is written to ``index``, an alias of Elasticsearch.

    Raises:
        DjangoElasticsearchDslError: there is no such class.
    """
    for document in all_documents.get_documents():
        if document.django.alias == index:
            return document  # type: ignore[return-value]
    raise DjangoElasticsearchDslError(
        f"No registered document is written to {index!r}: register it, or name its index."
    )
