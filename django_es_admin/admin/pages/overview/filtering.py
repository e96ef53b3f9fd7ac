"""Which indices the dashboard shows, from the query string of its URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....status.status import IndexStatus

HEALTHS: Mapping[str, str | Promise] = {
    "green": _("green"),
    "yellow": _("yellow"),
    "red": _("red"),
    "missing": _("missing"),
    "closed": _("closed"),
    "unknown": _("unknown"),
}
DRIFTS: Mapping[str, str | Promise] = {
    "any": _("any drift"),
    "mapping": _("mapping differs"),
    "documents": _("documents differ"),
    "none": _("no drift"),
}


@dataclass(frozen=True)
class Filter:
    """The filter in the URL.

    Args:
        query: words that must all occur in the names or the model of an index.
        health: one of ``HEALTHS``; "" for all.
        drift: one of ``DRIFTS``; "" for all.
        unmanaged: whether to show indices that the project does not declare.
        hidden: whether to show hidden ones of these.
        order: the name of the column to sort by, with a minus for descending.
        page: the number of the page, as it was given.
    """

    query: str = ""
    health: str = ""
    drift: str = ""
    unmanaged: bool = False
    hidden: bool = False
    order: str = ""
    page: str = ""

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> "Filter":
        """Return the filter of a query string."""
        health, drift = parameters.get("health", ""), parameters.get("drift", "")
        return cls(
            query=parameters.get("q", "").strip(),
            health=health if health in HEALTHS else "",
            drift=drift if drift in DRIFTS else "",
            unmanaged=parameters.get("unmanaged") == "1",
            hidden=parameters.get("hidden") == "1",
            order=parameters.get("o", ""),
            page=parameters.get("p", ""),
        )

    @property
    def asks(self) -> bool:
        """Whether the URL contains any filter."""
        return self.narrows or self.unmanaged or self.hidden

    @property
    def narrows(self) -> bool:
        """Whether the filter leaves out indices of the kinds that are shown."""
        return bool(self.query or self.health or self.drift)

    @property
    def parameters(self) -> dict[str, str]:
        """The query string of the same filter, without order and page."""
        switches = {"unmanaged": self.unmanaged, "hidden": self.hidden}
        values = {"q": self.query, "health": self.health, "drift": self.drift}
        return {
            **{name: value for name, value in values.items() if value},
            **{name: "1" for name, on in switches.items() if on},
        }

    @property
    def without_narrowing(self) -> str:
        """The query string for all indices of these kinds."""
        kept = {name: self.parameters.get(name) for name in ("unmanaged", "hidden")}
        return "?" + urlencode({name: value for name, value in kept.items() if value})

    def page_url(self, number: int) -> str:
        """Return the query string of another page."""
        order = {"o": self.order} if self.order else {}
        return f"?{urlencode({**self.parameters, **order, 'p': str(number)})}#indices"

    def admits(self, index: IndexStatus) -> bool:
        """Return whether an index is of a kind that is shown."""
        return index.declared or (self.hidden if index.hidden else self.unmanaged)

    def matches(self, index: IndexStatus) -> bool:
        """Return whether an index, of a kind that is shown, matches the filter."""
        return (
            self._has_words(index)
            and self.health in ("", _health(index))
            and self.drift in ("", *_drifts(index))
        )

    def _has_words(self, index: IndexStatus) -> bool:
        names = [index.name, index.alias, *index.aliases, *index.generations, index.model]
        text = "\n".join(names).lower()
        return all(word in text for word in self.query.lower().split())


def _health(index: IndexStatus) -> str:
    if not index.known:
        return "unknown"
    if not index.exists:
        return "missing"
    if not index.open:
        return "closed"
    return index.health or "unknown"


def _drifts(index: IndexStatus) -> list[str]:
    found = []
    if index.differences:
        found.append("mapping")
    if index.drift or (index.declared and index.known and not index.exists):
        found.append("documents")
    if found:
        return ["any", *found]
    return ["none"] if index.declared and index.known else []
