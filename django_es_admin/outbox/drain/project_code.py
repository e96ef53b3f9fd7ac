"""Tell the project's own errors from those of the database and of Elasticsearch."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError

from ...exceptions import ElasticsearchAdminError, ProjectCodeFailed


@contextmanager
def project_code(kind: type[ProjectCodeFailed], name: str) -> Iterator[None]:
    """Raise ``kind`` for what the project's code raises, which may be anything.

    A worker goes on with other rows then, instead of dying at the same row again and again.

    Args:
        name: of the code, for the message.

    Raises:
        ProjectCodeFailed: of this ``kind``.
    """
    try:
        yield
    except (DatabaseError, InterfaceError, ElasticsearchAdminError):
        raise
    except Exception as error:
        raise kind(f"{name} failed: {type(error).__name__}: {error}") from error
