"""The one ``_aliases`` request that makes another generation live."""

from typing import Any

from ..indices.definition import IndexDefinition
from ..indices.live import LiveIndex

Action = dict[str, dict[str, Any]]


def alias_actions(
    definition: IndexDefinition, holders: list[LiveIndex], target: str
) -> tuple[Action, ...]:
    """Return the actions that move the alias, and the declared ones beside it, to ``target``.

    ``must_exist`` makes the request as a whole fail if somebody moved the alias meanwhile. A
    physical index of the alias's own name has to go: both cannot be there.

    Args:
        holders: what holds the alias now, or the physical index of its name.
    """
    removals: list[Action] = []
    others = {name: dict(properties) for name, properties in definition.aliases.items()}
    for index in holders:
        # An alias as it is now keeps its properties, whatever the settings say of a new one.
        others.update({name: dict(index.aliases[name]) for name in index.aliases if name in others})
        if index.name == definition.alias:
            removals.append({"remove_index": {"index": index.name}})
            continue
        names = [definition.alias, *(name for name in others if name in index.aliases)]
        removals += [
            {"remove": {"index": index.name, "alias": name, "must_exist": True}} for name in names
        ]
    additions: list[Action] = [{"add": {"index": target, "alias": definition.alias}}]
    additions += [
        {"add": {"index": target, "alias": name, **properties}}
        for name, properties in others.items()
    ]
    return (*removals, *additions)


def foreign_aliases(definition: IndexDefinition, holders: list[LiveIndex]) -> list[str]:
    """Return a warning for the aliases that nobody declared, and that stay where they are."""
    ours = {definition.alias, *definition.aliases}
    names = sorted({name for index in holders for name in index.aliases} - ours)
    if not names:
        return []
    return [
        f"The aliases {', '.join(names)} are not declared and stay where they are: add them to "
        f"ALIASES in ES_INDICES[{definition.name!r}], and they move, too."
    ]
