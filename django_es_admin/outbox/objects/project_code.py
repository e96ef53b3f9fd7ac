"""Tell errors of the project's own code from those of the database and Elasticsearch."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...exceptions import ElasticsearchAdminError, ProjectCodeFailed
from ...faults import Fault, fault_of, savepoint
from ...incidents import tell


@contextmanager
def project_code(kind: type[ProjectCodeFailed], name: str, using: str) -> Iterator[None]:
    """Raise ``kind`` for any error that the project's code or its data cause.

    A worker can then continue with other rows, instead of failing again and again at the same one.
    Errors of the database about data are included: a division by zero in a queryset, or a value
    that the driver cannot read.

    Args:
        name: the name of the code, for the message.
        using: alias of the database that the code reads.

    Raises:
        ProjectCodeFailed: the code failed; the class is ``kind``.
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
