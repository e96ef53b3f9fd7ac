"""Import a long sheet in portions, so that one import does not keep all others from writing."""

import time
from typing import TYPE_CHECKING, Any

from django.db import connections as databases
from tablib import Dataset

if TYPE_CHECKING:
    Base = Any
else:
    Base = object

# SQLite lets one write at a time, and who waits looks again every tenth of a second.
PAUSE = 0.15


class InPortions(Base):  # type: ignore[misc]
    """Goes before the bases of a resource. Each portion is an import, and a transaction, by itself.

    One object serves all of them. After a portion with an error, the others are not imported.
    """

    rows_at_once: int

    def import_data(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        """Import, and return one result for all portions."""
        if len(dataset) <= self.rows_at_once:
            return super().import_data(dataset, *args, **kwargs)
        whole: Any = None
        for start in range(0, len(dataset), self.rows_at_once):
            if whole is not None:
                self._let_others_write()
            rows = dataset[start : start + self.rows_at_once]
            part = Dataset(*rows, headers=dataset.headers)
            result = super().import_data(part, *args, **kwargs)
            whole = result if whole is None else _joined(whole, result, start)
            if result.has_errors():
                break
        return whole

    def _let_others_write(self) -> None:
        database = databases[self.get_db_connection_name()]
        if database.vendor == "sqlite" and not database.in_atomic_block:
            time.sleep(PAUSE)


def _joined(whole: Any, part: Any, start: int) -> Any:
    """Add a portion's result to that of those before it.

    Args:
        start: rows of the sheet before the portion.
    """
    for row in (*part.invalid_rows, *part.error_rows):
        row.number += start
    for name in ("base_errors", "rows", "invalid_rows", "error_rows"):
        getattr(whole, name).extend(getattr(part, name))
    whole.failed_dataset.extend(part.failed_dataset)
    for kind, count in part.totals.items():
        whole.totals[kind] += count
    whole.total_rows += part.total_rows
    return whole
