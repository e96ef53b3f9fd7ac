"""Why a generation cannot, or should not, become live."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...counted import counted
from ...indices.definition import IndexDefinition
from ...indices.live import LiveIndex
from ...indices.names import is_generation_name
from ...models import Generation
from ...said import Said


def find_target_refusals(
    definition: IndexDefinition,
    source: str | None,
    target: str,
    index: LiveIndex | None,
    *,
    row: Generation | None,
    busy: str,
) -> list[str]:
    """Return why ``target`` cannot become live, even with force.

    Args:
        source: the live index; None if there is none, or more than one.
        index: the target in the cluster; None if it does not exist.
        row: the target in the table of generations; None if it is not in the table. busy: the
            generation that another rebuild is building; "" if there is none.
    """
    values = {"target": target, "name": definition.name, "alias": definition.connection.alias}
    text = page = ""
    if not target:
        text = _(
            "There is no generation of %(name)s to swap to: "
            "build one with `manage.py es_rebuild %(name)s`."
        )
        page = _("There is no generation of %(name)s to swap to: a rebuild makes one.")
    elif target == source:
        text = _("%(target)s is live already.")
    elif not is_generation_name(definition.alias, target):
        text = _("%(target)s is no generation of %(name)s.")
    elif target == busy:
        text = _("%(target)s is being built: its rebuild makes it live.")
    elif index is None:
        text = _("The generation %(target)s does not exist on %(alias)s.")
    elif not index.open:
        text = _("The generation %(target)s is closed: open it first.")
    elif index.health == "red":
        text = _("The generation %(target)s is red: some of its primary shards are missing.")
    if not text:
        return find_role_refusals(target, row)
    return [Said(text, values, page=page, verb="rebuild" if page else "")]


def find_role_refusals(target: str, row: Generation | None) -> list[str]:
    """Refuse a generation that gets no changes, because unknown changes are missing in it.

    Args:
        row: the target in the table of generations; None if it is not in the table.
    """
    if row is None or row.role == Generation.Role.RETIRED:
        text = _("The generation %(target)s no longer receives changes: rebuild the index instead.")
        return [Said(text, {"target": target}, verb="rebuild")]
    incomplete = row.loaded_at is None and row.role != Generation.Role.LIVE
    if incomplete or row.role == Generation.Role.FAILED:
        why = row.error or _("its load has not ended")
        text = _("The generation %(target)s is not complete: %(why)s")
        return [Said(text, {"target": target, "why": why})]
    return []


def find_doubts(
    definition: IndexDefinition,
    before: int | None,
    after: int | None,
    min_ratio: float,
    refused: int,
) -> list[str]:
    """Return why a generation should not become live without force.

    Args:
        before: the number of documents in the live generation; None to skip the comparison.
        after: the number of documents in the target; None if they cannot be counted.
        min_ratio: the share of the live generation's documents that the target must have.
        refused: documents that the target refused while it was built.
    """
    found = []
    if before and after is None:
        found.append(_("The documents of the target cannot be counted."))
    elif before and after is not None and after < before * min_ratio:
        text = _(
            "The target has %(after)s and the live generation %(before)s: under %(share)s of "
            "it. If that is right, pass --min-ratio or --force."
        )
        page = _(
            "The target has %(after)s and the live generation %(before)s: under %(share)s of "
            "it. If that is right, somebody has to swap from a terminal."
        )
        values = {
            "after": counted(after, "document"),
            "before": counted(before, "document"),
            "share": f"{min_ratio:.0%}",
        }
        found.append(Said(text, values, page=page))
    if refused:
        text = ngettext(
            "The target refused %(count)s document of %(name)s: it will be missing.",
            "The target refused %(count)s documents of %(name)s: they will be missing.",
            refused,
        )
        count = number_format(refused, force_grouping=True)
        found.append(Said(text, {"count": count, "name": definition.name}))
    return found
