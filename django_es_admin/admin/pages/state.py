"""How something is: an icon and a word, never a colour alone, and what the word means."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...backends.health import ConnectionHealth
from ...lifecycle.detail import GenerationStatus
from ...lifecycle.status import IndexStatus
from ...models import Generation
from .format import number


@dataclass(frozen=True)
class State:
    """One state to show.

    Args:
        icon: one of the admin's own icons: ``yes``, ``alert``, ``no``, ``unknown``.
        text: a word or two.
        hint: what it means, for the curious.
    """

    icon: str
    text: str
    hint: str = ""


def _health(status: str) -> State:
    if status == "green":
        return State("yes", _("green"), _("All primary and replica shards are there."))
    if status == "yellow":
        return State(
            "alert",
            _("yellow"),
            _("All data is there, but some replicas are not: losing a node may lose data."),
        )
    if status == "red":
        return State(
            "no", _("red"), _("Some primary shards are missing, and their data with them.")
        )
    return State("unknown", _("unknown"), _("Elasticsearch gives no health for it."))


def connection_state(health: ConnectionHealth) -> State:
    """Return how a connection is."""
    if not health.available:
        return State("no", _("unavailable"))
    return _health(health.status)


def index_state(index: IndexStatus) -> State:
    """Return how an index is."""
    if not index.known:
        return State("unknown", _("unknown"), _("Its connection does not answer."))
    if not index.exists:
        return State(
            "alert", _("missing"), _("It is declared, but Elasticsearch does not have it.")
        )
    if not index.open:
        return State("alert", _("closed"), _("Nobody can search it."))
    return _health(index.health)


def mapping_state(index: IndexStatus) -> State | None:
    """Return how the live mapping compares to the declared one; None where there are not both."""
    if not (index.declared and index.model and index.exists):
        return None
    if not index.differences:
        return State("yes", _("same"), _("The live mapping is as the document declares it."))
    count = len(index.differences)
    text = ngettext("%(count)s difference", "%(count)s differences", count)
    return State("alert", text % {"count": number(count)})


def generation_state(generation: GenerationStatus) -> State:
    """Return how a generation is."""
    if not generation.exists:
        return State("no", _("gone"), _("It is registered, but Elasticsearch does not have it."))
    return _health(generation.health)


def generation_role(generation: GenerationStatus) -> str:
    """Return what a generation is for; "" where nothing is registered of it.

    Live is what holds the alias, whatever the table says.
    """
    if generation.live:
        return _("live")
    if not generation.role:
        return ""
    role = Generation.Role(generation.role)
    return _("was live") if role is Generation.Role.LIVE else str(role.label)
