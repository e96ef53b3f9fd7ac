"""Descriptions of plans for existing generations: swap, prune, delete, refresh."""

from django.utils.translation import gettext as _

from .....counted import counted
from .....lifecycle.aliases.swap_plan import SwapPlan
from .....lifecycle.delete import DeletePlan
from .....lifecycle.prune import Doomed, PrunePlan
from .....lifecycle.refresh import RefreshPlan
from ...parts.format import filled, number, size
from .told import Told, move


def tell_swap(plan: SwapPlan) -> Told:
    """Describe a swap, or a rollback."""
    if not plan.target:
        return Told((), ())
    values = {
        "alias": plan.definition.alias,
        "source": plan.source or _("nowhere"),
        "target": plan.target or "—",
        "before": number(plan.documents_before),
        "after": counted(plan.documents_after, "document"),
        "refused": number(plan.refused),
    }
    steps = []
    if plan.gated:
        steps.append(_("drain into %(target)s, compare it with the database"))
    steps.append(_("swap the alias %(alias)s: %(source)s → %(target)s, in one atomic request"))
    steps.append(_("searches then see %(after)s, instead of %(before)s"))
    if plan.source and not plan.concrete:
        steps.append(_("keep %(source)s up to date, for a rollback"))
    if plan.concrete:
        steps.append(_("delete %(source)s, which is a physical index: there is no rollback"))
    if plan.refused:
        steps.append(_("try the documents that it refused again: %(refused)s"))
    return Told(
        tuple(filled(step, values) for step in steps),
        (move(*plan.actions),),
        typed=plan.definition.alias if plan.concrete else "",
    )


def tell_prune(plan: PrunePlan) -> Told:
    """Describe a prune."""
    steps: list[str] = [_tell_doomed(name, plan.found[name]) for name in plan.doomed]
    if plan.doomed:
        values = {
            "size": size(plan.size),
            "documents": counted(plan.documents, "document"),
            "generations": counted(len(plan.doomed), "generation"),
        }
        steps.append(filled(_("this frees %(size)s (%(generations)s, %(documents)s)"), values))
    steps += [
        filled(_("keep %(name)s for now: a process may still be writing to it"), {"name": name})
        for name in plan.early
    ]
    steps += [
        filled(
            _(
                "keep %(name)s: it may be the last copy, because the live index is gone, closed or "
                "incomplete"
            ),
            {"name": name},
        )
        for name in plan.last
    ]
    steps += [filled(_("keep: %(why)s"), {"why": why}) for why in plan.blocked]
    steps += [
        filled(_("keep %(name)s: it is not registered"), {"name": name}) for name in plan.unknown
    ]
    if not plan.doomed:
        steps.append(_("there is nothing to delete: live and standby are always kept"))
    requests = (f"DELETE /{','.join(plan.doomed)}",) if plan.doomed else ()
    steps += [
        filled(_("keep %(name)s: a build that stopped before the swap"), {"name": name})
        for name in plan.builds
    ]
    return Told(
        tuple(steps),
        requests,
        typed=plan.definition.name if plan.doomed else "",
        idle=not plan.doomed,
        more=(_("Prune these builds, too…"), "?builds=1") if plan.builds else None,
    )


def _tell_doomed(name: str, doomed: Doomed) -> str:
    roles = {
        "failed": filled(_("a build that failed: %(error)s"), {"error": doomed.error or "—"}),
        "building": _("a build that stopped before the swap"),
    }
    values = {
        "name": name,
        "documents": counted(doomed.documents, "document"),
        "size": size(doomed.size),
        "role": roles.get(doomed.role) or _("no longer searched or written to"),
    }
    return filled(_("delete %(name)s permanently: %(documents)s, %(size)s, %(role)s"), values)


def tell_delete(plan: DeletePlan) -> Told:
    """Describe the deletion of a generation."""
    steps = []
    for name, documents in plan.generations.items():
        text = _("delete %(name)s permanently: %(documents)s. This frees %(size)s")
        values = {
            "name": name,
            "documents": counted(documents, "document"),
            "size": size(plan.sizes.get(name)),
        }
        steps.append(filled(text, values))
    return Told(tuple(steps), (f"DELETE /{','.join(plan.generations)}",), typed=plan.name)


def tell_refresh(plan: RefreshPlan) -> Told:
    """Describe a refresh."""
    alias = plan.definition.alias
    step = _("make all documents of %(alias)s searchable immediately")
    return Told((filled(step, {"alias": alias}),), (f"POST /{alias}/_refresh",))
