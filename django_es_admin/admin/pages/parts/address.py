"""How a URL names an index: ``connection:name``, quoted as the admin does."""

from django.contrib.admin.utils import quote
from django.http import Http404

from ....exceptions import ConnectionDoesNotExist, IndexMissing
from ....status.detail import IndexDetail, Look, get_index


def object_id(connection: str, name: str) -> str:
    """Return the id of an index in the admin, including its history."""
    return f"{connection}:{name}"


def quoted_id(connection: str, name: str) -> str:
    """Return the id in the form for a URL."""
    return quote(object_id(connection, name))


def parse_id(object_id: str) -> tuple[str, str]:
    """Return connection and name of an id; "" for a missing part.

    The name follows the last colon: an alias of a connection may contain colons, the name of an
    index cannot.
    """
    connection, _, name = object_id.rpartition(":")
    return connection, name


def find_index(object_id: str, *, look: Look | None = None, exact: bool = False) -> IndexDetail:
    """Return everything about the index with an id.

    Args:
        look: reads something more.
        exact: whether to count its rows.

    Raises:
        Http404: there is no such index.
        ImproperlyConfigured: the settings are invalid.
    """
    connection, name = parse_id(object_id)
    try:
        return get_index(connection, name, look=look, exact=exact)
    except (ConnectionDoesNotExist, IndexMissing) as error:
        raise Http404(str(error)) from error
