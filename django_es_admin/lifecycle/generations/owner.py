"""Whose a generation is: its mapping names the database that fills it.

A fresh database of the same project, as that of a staging site, knows nothing of an index that it
finds under its own name. To take it over would take it from the site that fills it.
"""

import socket
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import OperationRefused
from ...indices.definition import IndexDefinition
from ...indices.live import read_mappings
from ...models import Owner

KEY = "django_es_admin"
"""In ``_meta`` of the mapping."""


def own_key(using: str) -> str:
    """Return the key of a database; it is made when it is first asked for."""
    row, _created = Owner.objects.using(using).get_or_create(pk=1)
    return row.key


def with_owner(definition: IndexDefinition, mappings: Mapping[str, Any]) -> dict[str, Any]:
    """Return mappings that name the database of an index as their owner."""
    owner = {
        "owner": own_key(definition.database),
        "host": socket.gethostname(),
        "label": str(definition.connection.label or definition.using),
    }
    return {**mappings, "_meta": {**mappings.get("_meta", {}), KEY: owner}}


def find_owner_refusals(
    definition: IndexDefinition, names: Iterable[str], deadline: Deadline
) -> list[str]:
    """Return that another database owns some of these indices, and what is known of it.

    What names no owner is of an older version, or was made by other means: it is nobody else's.
    """
    mappings = read_mappings(definition.connection, names, deadline)
    found = {name: _owner(one) for name, one in mappings.items()}
    foreign = {name: one for name, one in found.items() if one}
    if not foreign:
        return []
    own = own_key(definition.database)
    text = _(
        "%(name)s belongs to another database (%(owner)s, written by %(host)s as %(label)s): use "
        "an INDEX_PREFIX of your own, or make it yours with `manage.py es_create %(index)s "
        "--take-over`."
    )
    return [
        text
        % {
            "name": name,
            "index": definition.name,
            "owner": one["owner"],
            "host": one.get("host", "?"),
            "label": one.get("label", "?"),
        }
        for name, one in foreign.items()
        if one["owner"] != own
    ]


def require_own(definition: IndexDefinition, names: Iterable[str], deadline: Deadline) -> None:
    """Refuse to work on indices of another database.

    Raises:
        OperationRefused: one of them is.
    """
    refusals = find_owner_refusals(definition, names, deadline)
    if refusals:
        raise OperationRefused(" ".join(refusals))


def take_over(definition: IndexDefinition, names: Iterable[str], deadline: Deadline) -> None:
    """Name the database of an index as the owner of these indices.

    Raises:
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    connection = definition.connection
    for name, mappings in read_mappings(connection, names, deadline).items():
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        with translated(connection):
            client.indices.put_mapping(index=name, meta=with_owner(definition, mappings)["_meta"])


def _owner(mappings: Mapping[str, Any]) -> dict[str, Any]:
    meta = mappings.get("_meta")
    owner = meta.get(KEY) if isinstance(meta, dict) else None
    return owner if isinstance(owner, dict) and isinstance(owner.get("owner"), str) else {}
