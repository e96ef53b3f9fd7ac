"""Whose a generation is: the ``_meta`` of its mapping names the database that fills it."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ...indices.definition import IndexDefinition
from ...models import Owner
from ...said import Said

META = "django_es_admin"
"""In ``_meta`` of the mapping."""


@dataclass(frozen=True)
class NamedOwner:
    """What a mapping says of its owner.

    Args:
        key: of the database.
        host: that named it.
        label: of the connection there.
    """

    key: str
    host: str
    label: str


def own_key(using: str) -> str:
    """Return the key of a database; it is made when it is first asked for."""
    row, _created = Owner.objects.using(using).get_or_create(pk=1)
    return row.key


def meta_with_owner(definition: IndexDefinition, meta: Any, key: str) -> dict[str, Any]:
    """Return the ``_meta`` of a mapping that names a database as its owner.

    Args:
        meta: what it is now; words of others stay.
        key: of the database of ``definition``.
    """
    owner = {
        "owner": key,
        "host": socket.gethostname(),
        "label": str(definition.connection.label or definition.using),
    }
    return {**(meta if isinstance(meta, Mapping) else {}), META: owner}


def owner_in(mappings: Mapping[str, Any]) -> NamedOwner | None:
    """Return the owner that mappings name; None without one.

    Args:
        mappings: of an index, or what of them has ``_meta``.
    """
    meta = mappings.get("_meta")
    found = meta.get(META) if isinstance(meta, Mapping) else None
    if not isinstance(found, Mapping) or not isinstance(found.get("owner"), str):
        return None
    if not found["owner"]:
        return None
    return NamedOwner(found["owner"], str(found.get("host", "?")), str(found.get("label", "?")))


def taking_over(definition: IndexDefinition, name: str) -> str:
    """Return the command that makes an index this database's own."""
    # A physical index in the place of the alias is not adopted as it is, but replaced.
    verb = "es_rebuild" if name == definition.alias else "es_create"
    return f"{verb} {definition.name} --take-over"


def describe_foreign(definition: IndexDefinition, name: str, owner: NamedOwner) -> str:
    """Return that an index belongs to another database, whose, and what can be done."""
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
