"""How the address of a page names an index: ``connection:name``, quoted as the admin quotes."""

from django.contrib.admin.utils import quote


def object_id(connection: str, name: str) -> str:
    """Return the id under which the admin, its history included, knows an index."""
    return f"{connection}:{name}"


def quoted_id(connection: str, name: str) -> str:
    """Return the same as it stands in an address."""
    return quote(object_id(connection, name))


def parse_id(object_id: str) -> tuple[str, str]:
    """Return connection and name of an id; "" for a part that is not there.

    The name follows the last colon: a connection may have colons, an index of Elasticsearch not.
    """
    connection, _, name = object_id.rpartition(":")
    return connection, name
