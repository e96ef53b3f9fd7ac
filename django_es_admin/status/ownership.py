"""The owners of the indices of a connection, and problems with them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from ..indices.definition import IndexDefinition
from ..indices.names import is_generation_name
from ..outbox.drain.owner import NamedOwner
from .problem import Mend, Problem, Verb


@dataclass(frozen=True)
class Ownership:
    """The owners of some indices, as a database sees them.

    Args:
        named: physical index -> the owner that its mapping names; none if the mapping is unknown.
        key: the key of the database; "" if it has none, because it never wrote to an index.
    """

    named: Mapping[str, NamedOwner | None] = field(default_factory=dict)
    key: str = ""

    def is_foreign(self, name: str) -> bool:
        """Return whether another database owns an index."""
        owner = self.named.get(name)
        return owner is not None and owner.key != self.key

    def is_nameless(self, definition: IndexDefinition, name: str) -> bool:
        """Return whether an index is a generation that names no owner."""
        return (
            is_generation_name(definition.alias, name)
            and name in self.named
            and self.named[name] is None
        )

    def problems(
        self, definition: IndexDefinition, searched: Collection[str], written: Collection[str]
    ) -> Iterator[Problem]:
        """Yield a problem for each index with another owner, or without its former owner's name.

        Args:
            searched: the physical indices that hold the alias, or have its name.
            written: the names of the registered generations that get changes.
        """
        if definition.document is None:
            return
        for name in sorted({*searched, *written} & self.named.keys()):
            owner, facts = self.named[name], {"name": name}
            mend = _take_over(definition, name)
            if owner and owner.key != self.key:
                facts |= {"owner": owner.key, "host": owner.host, "label": owner.label}
                yield Problem("foreign", facts, "error", (mend,))
            elif owner is None and name in written:
                yield Problem("owner-lost", facts, mends=(Mend("drain"),))
            elif owner is None and is_generation_name(definition.alias, name):
                yield Problem("nameless", facts, "error", (mend,))


def _take_over(definition: IndexDefinition, name: str) -> Mend:
    # A physical index with the name of the alias cannot be adopted; it is replaced.
    verb: Verb = "rebuild" if name == definition.alias else "create"
    return Mend(verb, f"{definition.name} --take-over")
