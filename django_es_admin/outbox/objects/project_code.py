"""Tell the project's own errors from those of the database and of Elasticsearch."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...exceptions import ElasticsearchAdminError, ProjectCodeFailed
from ...faults import Fault, fault_of, savepoint
from ...incidents import tell


@contextmanager
def project_code(kind: type[ProjectCodeFailed], name: str, using: str) -> Iterator[None]:
    """Raise ``kind`` for what the project's code and its data raise, which may be anything.

    Then a worker continues with other rows, instead of dying at the same row again and again. What
    the database says of data is of this kind, too: a division by zero in a queryset, a value that
    the driver cannot read.

    Args:
        name: of the code, for the message.
        using: alias of the database that it reads.

    Raises:
        ProjectCodeFailed: of this ``kind``.
    """
    try:
        with savepoint(using):
            yield
    except ElasticsearchAdminError:
        raise
    except Exception as error:
        if fault_of(error) in (Fault.MOMENT, Fault.CONNECTION):
            raise
        raise kind(f"{name} failed: {tell(error, name)}") from error
