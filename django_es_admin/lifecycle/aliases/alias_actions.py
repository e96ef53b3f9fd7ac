"""The one ``_aliases`` request that makes another generation live."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from ...indices.definition import IndexDefinition
from ...indices.live import LiveIndex
from ...said import Said

Action = dict[str, dict[str, Any]]

_ROUTING = ("index_routing", "search_routing")
_VISIBLE = ("is_hidden", False)


def alias_actions(
    definition: IndexDefinition, holders: list[LiveIndex], target: str
) -> tuple[Action, ...]:
    """Return the actions that move the alias, and the declared extra aliases, to ``target``.

    ``must_exist`` makes the whole request fail if the alias was moved in the meantime. A physical
    index with the name of the alias is deleted, because both cannot exist.

    Args:
        holders: the indices that hold the alias now, or the physical index with its name.
    """
    removals: list[Action] = []
    others = {name: dict(properties) for name, properties in definition.aliases.items()}
    for index in holders:
        # An existing alias keeps its properties, even if the settings declare others.
        others.update({name: dict(index.aliases[name]) for name in index.aliases if name in others})
        if index.name == definition.alias:
            removals.append({"remove_index": {"index": index.name}})
            continue
        names = [definition.alias, *(name for name in others if name in index.aliases)]
        removals += [
            {"remove": {"index": index.name, "alias": name, "must_exist": True}} for name in names
        ]
    # Keep a filter or a routing that somebody set: it decides what is found, and by whom.
    properties = alias_properties(definition, holders)
    additions: list[Action] = [{"add": {"index": target, "alias": definition.alias, **properties}}]
    additions += [
        {"add": {"index": target, "alias": name, **properties}}
        for name, properties in others.items()
    ]
    return (*removals, *additions)


def alias_properties(definition: IndexDefinition, holders: list[LiveIndex]) -> dict[str, Any]:
    """Return the properties that the alias of an index has; {} for none."""
    found = [holder.aliases[definition.alias] for holder in holders if _holds(definition, holder)]
    return dict(found[0]) if found else {}


def _holds(definition: IndexDefinition, holder: LiveIndex) -> bool:
    return definition.alias in holder.aliases


def kept_properties(definition: IndexDefinition, holders: list[LiveIndex]) -> list[str]:
    """Return a warning for each alias that keeps properties which are not declared."""
    found: list[str] = []
    if properties := alias_properties(definition, holders):
        text = _("The alias %(name)s keeps its current properties: %(properties)s.")
        told = json.dumps(properties, sort_keys=True)
        found.append(Said(text, {"name": definition.alias, "properties": told}))
    text = _(
        "The alias %(name)s keeps its current properties, which differ from ALIASES in "
        "ES_INDICES[%(index)s]: change them with POST /_aliases, or in the settings."
    )
    return found + [
        Said(text, {"name": name, "index": repr(definition.name)})
        for name, declared in definition.aliases.items()
        for index in holders
        if name in index.aliases and _spelt_out(index.aliases[name]) != _spelt_out(declared)
    ]


def _spelt_out(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an alias as Elasticsearch shows them."""
    shown = {key: value for key, value in properties.items() if (key, value) != _VISIBLE}
    if "routing" in shown:
        shown = dict.fromkeys(_ROUTING, shown.pop("routing")) | shown
    return shown | {key: str(shown[key]) for key in _ROUTING if key in shown}


def foreign_aliases(definition: IndexDefinition, holders: list[LiveIndex]) -> list[str]:
    """Return a warning for each alias that is not declared, and is not moved."""
    ours = {definition.alias, *definition.aliases}
    names = sorted({name for index in holders for name in index.aliases} - ours)
    if not names:
        return []
    text = _(
        "The aliases %(names)s are not declared and do not move: add them to ALIASES in "
        "ES_INDICES[%(index)s] to move them too."
    )
    return [Said(text, {"names": ", ".join(names), "index": repr(definition.name)})]
