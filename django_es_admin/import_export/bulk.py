"""A resource that notes in the outbox what it writes in bulk, which sends no signals."""

from typing import TYPE_CHECKING, Any

from django.db import router, transaction
from django.db.models import Model

from ..exceptions import KeyMissing
from ..outbox.capture.changes import capture_as_signals_would, require_keys

if TYPE_CHECKING:
    Base = Any
else:
    Base = object


class CapturedBulk(Base):  # type: ignore[misc]
    """Goes before the bases of a resource. Bulk deletes send signals, so that they need nothing."""

    def bulk_create(self, *args: Any, **kwargs: Any) -> None:
        """Create, and capture."""
        self._captured(super().bulk_create, list(self.create_instances), *args, **kwargs)

    def bulk_update(self, *args: Any, **kwargs: Any) -> None:
        """Update, and capture."""
        self._captured(super().bulk_update, list(self.update_instances), *args, **kwargs)

    def _captured(
        self,
        write: Any,
        instances: list[Model],
        using_transactions: bool,
        dry_run: bool,
        raise_errors: bool,
        **kwargs: Any,
    ) -> None:
        result = kwargs.get("result")
        errors = len(result.base_errors) if result else 0
        # What is read from a replica is written here nevertheless.
        using = router.db_for_write(self._meta.model)
        try:
            with transaction.atomic(using=using):
                write(using_transactions, dry_run, raise_errors, **kwargs)
                if result and len(result.base_errors) > errors:
                    return
                if not dry_run:
                    capture_as_signals_would(instances, using)
                elif using_transactions:
                    # The preview says what the import would do.
                    require_keys(instances)
        except KeyMissing as error:
            self.handle_import_error(result, error, raise_errors)
