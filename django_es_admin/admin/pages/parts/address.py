"""How the address of a page names an index: ``connection:name``, quoted as the admin quotes."""

from django.contrib.admin.utils import quote
from django.http import Http404

from ....exceptions import ConnectionDoesNotExist, IndexMissing
from ....status.detail import IndexDetail, Look, get_index


def object_id(connection: str, name: str) -> str:
    """Return the id under which the admin, its history included, knows an index."""
    return f"{connection}:{name}"


def quoted_id(connection: str, name: str) -> str:
    """Return the same in the form that it has in an address."""
    return quote(object_id(connection, name))


def parse_id(object_id: str) -> tuple[str, str]:
    """Return connection and name of an id; "" for a part that is not there.

    The name follows the last colon: a connection may have colons, an index of Elasticsearch not.
    """
    connection, _, name = object_id.rpartition(":")
    return connection, name


def find_index(object_id: str, *, look: Look | None = None, exact: bool = False) -> IndexDetail:
    """Return all about the index that an id names.

    Args:
        look: what to read beside it.
        exact: count its rows.

    Raises:
        Http404: there is none.
        ImproperlyConfigured: the settings are wrong.
    """
    connection, name = parse_id(object_id)
    try:
        return get_index(connection, name, look=look, exact=exact)
    except (ConnectionDoesNotExist, IndexMissing) as error:
        raise Http404(str(error)) from error
