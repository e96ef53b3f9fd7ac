"""The owner of a generation: ``_meta`` of its mapping names the database that fills it."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ...indices.definition import IndexDefinition
from ...models import Owner
from ...said import Said

META = "django_es_admin"
"""The key in ``_meta`` of the mapping."""


@dataclass(frozen=True)
class NamedOwner:
    """The owner that a mapping names.

    Args:
        key: the key of the database.
        host: the host that wrote the owner into the mapping.
        label: the label of the connection on that host.
    """

    key: str
    host: str
    label: str


def own_key(using: str) -> str:
    """Return the key of a database, which is created on first use."""
    row, _created = Owner.objects.using(using).get_or_create(pk=1)
    return row.key


def meta_with_owner(definition: IndexDefinition, meta: Any, key: str) -> dict[str, Any]:
    """Return the ``_meta`` of a mapping, with a database as its owner.

    Args:
        meta: the current ``_meta``, whose other entries are kept.
        key: the key of the database of ``definition``.
    """
    owner = {
        "owner": key,
        "host": socket.gethostname(),
        "label": str(definition.connection.label or definition.using),
    }
    return {**(meta if isinstance(meta, Mapping) else {}), META: owner}


def owner_in(mappings: Mapping[str, Any]) -> NamedOwner | None:
    """Return the owner that mappings name; None if they name none.

    Args:
        mappings: the mappings of an index, or at least the part that contains ``_meta``.
    """
    meta = mappings.get("_meta")
    found = meta.get(META) if isinstance(meta, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("owner"), str):
        return None
    if not found["owner"]:
        return None
    return NamedOwner(found["owner"], str(found.get("host", "?")), str(found.get("label", "?")))


def taking_over(definition: IndexDefinition, name: str) -> str:
    """Return the command that makes this database the owner of an index."""
    # A physical index with the name of the alias cannot be adopted; it is replaced.
    verb = "es_rebuild" if name == definition.alias else "es_create"
    return f"{verb} {definition.name} --take-over"


def describe_foreign(definition: IndexDefinition, name: str, owner: NamedOwner) -> str:
    """Return the message that an index belongs to another database, and what can be done."""
    text = _(
        "%(name)s belongs to another database (%(owner)s, written by %(host)s as %(label)s): use "
        "an INDEX_PREFIX of your own, or make it yours with `manage.py %(command)s`."
    )
    values = {
        "name": name,
        "command": taking_over(definition, name),
        "owner": owner.key,
        "host": owner.host,
        "label": owner.label,
    }
    return Said(text, values)
