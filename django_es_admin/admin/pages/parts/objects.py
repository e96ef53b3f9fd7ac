"""The objects that outbox rows refer to: their names, and the URLs of their pages."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import DatabaseError
from django.db.models import Model, Q

from ....indices.definition import IndexDefinition, get_definitions
from ....models import OutboxEntry
from .links import ModelLinks

MOST_CHARACTERS = 60


@dataclass(frozen=True)
class NamedObject:
    """One object.

    Args:
        name: the text of the object; "" if it no longer exists.
        url: the URL of its page; "" for a user who may not see it.
    """

    name: str
    url: str


def name_objects(rows: Iterable[OutboxEntry], links: ModelLinks) -> dict[int, NamedObject]:
    """Return primary key of each row -> its object, with one query per model.

    Args:
        links: the links to the models that the user may see. Objects of other models are not named.
    """
    groups: defaultdict[tuple[str, str, str], list[OutboxEntry]] = defaultdict(list)
    for row in rows:
        groups[row.connection, row.index, row.model if row.kind == "related" else ""].append(row)
    definitions = {(d.using, d.name): d for d in get_definitions()}
    found: dict[int, NamedObject] = {}
    for (connection, index, model), group in groups.items():
        definition = definitions.get((connection, index))
        if definition is not None and definition.document is not None:
            found |= _related(model, group, links) if model else _own(definition, group, links)
    return found


def _own(
    definition: IndexDefinition, rows: list[OutboxEntry], links: ModelLinks
) -> dict[int, NamedObject]:
    found: dict[str, NamedObject] = {}
    for part in definition.parts:
        if part.document is None or not links.changelist(part.model_label):
            continue
        places = part.document.django.places
        chosen = places.condition([row.key for row in rows])
        for one in _read(part.document.django.model, chosen):
            key = str(places.place_of(one) or one.pk)
            found[key] = NamedObject(_name(one), links.change(part.model_label, str(one.pk)))
    return {row.pk: found[row.key] for row in rows if row.key in found}


def _related(label: str, rows: list[OutboxEntry], links: ModelLinks) -> dict[int, NamedObject]:
    if not links.changelist(label):
        return {}
    found = {
        str(one.pk): NamedObject(_name(one), links.change(label, str(one.pk)))
        for one in _read(apps.get_model(label), Q(pk__in=[row.key for row in rows]))
    }
    return {row.pk: found[row.key] for row in rows if row.key in found}


def _read(model: type[Model], chosen: Q) -> list[Model]:
    objects = model._base_manager
    try:
        return list(objects.filter(chosen))
    except (DatabaseError, ValueError, OverflowError):
        # A key may be any text. An invalid key belongs to no object.
        return []


def _name(one: Model) -> str:
    try:
        text = str(one)
    except Exception:  # noqa: BLE001 (the project's own code)
        text = str(one.pk)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
