"""Explain in a sentence why a shard is on no node."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ....indices.inspection.shards import Shards
from ..parts.format import number
from ..parts.state import State

_WHY: Mapping[str, str | Promise] = {
    "same_shard": gettext_lazy("there is no other node for it"),
    "disk_threshold": gettext_lazy("no node has room: its disk is above a watermark"),
    "filter": gettext_lazy("no node fits the allocation filters of the index or the cluster"),
    "awareness": gettext_lazy("no node is left in another zone"),
    "enable": gettext_lazy("allocation is switched off in the settings of the index or cluster"),
    "shards_limit": gettext_lazy("no node may hold more shards"),
    "max_retry": gettext_lazy("it failed too often: look at the log of Elasticsearch, and retry"),
    "throttling": gettext_lazy("other shards are moved first"),
    "node_version": gettext_lazy("the nodes that are left run an older version"),
}
"""Elasticsearch's rules -> explanations. The first rule that forbids the shard is shown."""


def shards_state(shards: Shards) -> State:
    """Return whether each shard has a node, and what it means if one has none."""
    homeless = shards.homeless
    if not homeless:
        waiting = [copy for copy in shards.copies if copy.state == "INITIALIZING"]
        if waiting:
            return State("clock", _("Shards are being created: reload the page in a moment."))
        return State("yes", _("Each shard is on a node."))
    primaries = [copy for copy in homeless if copy.primary]
    if primaries:
        text = ngettext(
            "red because %(count)s primary shard is on no node%(why)s: its documents are not found "
            "until it is back",
            "red because %(count)s primary shards are on no node%(why)s: their documents are not "
            "found until they are back",
            len(primaries),
        )
        return State("no", text % _facts(shards, len(primaries)))
    text = ngettext(
        "yellow because %(count)s replica is on no node%(why)s: nothing is lost, but a node that "
        "fails is not covered",
        "yellow because %(count)s replicas are on no node%(why)s: nothing is lost, but a node that "
        "fails is not covered",
        len(homeless),
    )
    return State("alert", text % _facts(shards, len(homeless)))


def _facts(shards: Shards, count: int) -> dict[str, str]:
    explanation = shards.explanation
    why = ""
    if explanation:
        known = [_WHY[name] for name in explanation.deciders if name in _WHY]
        raw = list(explanation.deciders.values()) or [explanation.summary]
        why = str(known[0]) if known else raw[0].rstrip(".")
    return {"count": number(count), "why": f" ({why})" if why else ""}
