"""A queryset and a manager whose bulk operations are captured, for the models of a project."""

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

APP = "django_es_admin"


class CapturedQuerySetMixin(models.QuerySet[Any, Any]):
    """Record what ``update()``, ``bulk_create()`` and ``bulk_update()`` change.

    The changes are recorded in the same transaction, as signals do for other changes. This includes
    ``aupdate()`` and the other asynchronous methods. Put the class before your own queryset class.
    """

    is_noted_already = False

    def update(self, **kwargs: Any) -> int:
        """Update as ``QuerySet.update()`` does, and record the changes."""
        plain = super().update
        if self.is_noted_already or self.query.is_sliced or self.query.combinator:
            return plain(**kwargs)
        if not apps.is_installed(APP):
            return plain(**kwargs)
        # Models may be imported before the models of the outbox, and in projects without them.
        from .capture.update import update  # noqa: PLC0415

        def change(rows: models.QuerySet[Any, Any]) -> int:
            if rows is self:
                return plain(**kwargs)
            rows.is_noted_already = True  # type: ignore[attr-defined]
            return rows.update(**kwargs)

        self._for_write = True
        original = getattr(plain, "__func__", None) is models.QuerySet.update
        return update(self, kwargs, change, one_statement=original)

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(  # noqa: PLR0917 (the signature of Django)
        self,
        objs: Iterable[Any],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Any]:
        """Insert as ``QuerySet.bulk_create()`` does, and record the new objects.

        Raises:
            KeyMissing: the database does not return the keys, and the objects have none.
        """
        objects = list(objs)
        plain = super().bulk_create

        def insert() -> list[Any]:
            return plain(
                objects,
                batch_size=batch_size,
                ignore_conflicts=ignore_conflicts,
                update_conflicts=update_conflicts,
                update_fields=update_fields,
                unique_fields=unique_fields,
            )

        if not apps.is_installed(APP):
            return insert()
        from .capture.create import create  # noqa: PLC0415

        self._for_write = True
        return create(
            self,
            objects,
            insert,
            ignore_conflicts=ignore_conflicts,
            update_conflicts=update_conflicts,
            unique_fields=unique_fields,
        )

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def _raw_delete(self, using: str | None) -> int:
        """Delete without signals, as Django does without receivers, and record the deletes."""
        plain = super()._raw_delete
        if not apps.is_installed(APP):
            return plain(using)
        from .capture.delete import delete  # noqa: PLC0415

        def change(rows: models.QuerySet[Any, Any]) -> int:
            if rows is self:
                return plain(using)
            # The method of Django's own class.
            return rows._raw_delete(using)  # noqa: SLF001

        return delete(self, using or self.db, change)

    _raw_delete.alters_data = True  # type: ignore[attr-defined]


class CapturedQuerySet(CapturedQuerySetMixin):
    """A queryset whose bulk operations are captured."""


class CapturedManagerMixin(models.Manager[Any]):
    """Capture the bulk operations of a manager's querysets, whatever their class."""

    def get_queryset(self) -> models.QuerySet[Any, Any]:
        """Return the manager's queryset, with its bulk operations captured."""
        rows = super().get_queryset()
        if not isinstance(rows, CapturedQuerySetMixin):
            rows.__class__ = _captured_class(type(rows))
        return rows

    get_queryset.gives_all_rows = True  # type: ignore[attr-defined]


class CapturedManager(CapturedManagerMixin):
    """A manager whose bulk operations are captured."""


@cache
def _captured_class(base: type[models.QuerySet[Any, Any]]) -> type[models.QuerySet[Any, Any]]:
    def reduce(self: models.QuerySet[Any, Any]) -> Any:
        # The class cannot be imported by name, so it is made again from the project's class.
        return _empty, (base,), self.__getstate__()

    body = {"__reduce__": reduce, "reads_as": base}
    return type(f"Captured{base.__name__}", (CapturedQuerySetMixin, base), body)


def _empty(base: type[models.QuerySet[Any, Any]]) -> models.QuerySet[Any, Any]:
    made = _captured_class(base)
    return made.__new__(made)


def is_captured(model: type[models.Model]) -> bool:
    """Return whether the bulk operations of a model's default manager are captured."""
    try:
        return isinstance(model._default_manager.all(), CapturedQuerySetMixin)
    except Exception:  # noqa: BLE001 (the project's own code)
        return False
