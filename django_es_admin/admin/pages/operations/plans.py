"""The plans of operations as people read them: what happens in which order, and what is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....counted import counted
from ....indices.definition import IndexDefinition
from ....insight.preview.operation import PreviewPlan
from ....lifecycle.aliases.swap_plan import SwapPlan
from ....lifecycle.complete import CompletePlan
from ....lifecycle.create import CreatePlan
from ....lifecycle.delete import DeletePlan
from ....lifecycle.drain_now import DrainPlan
from ....lifecycle.prune import Doomed, PrunePlan
from ....lifecycle.rebuild import RebuildPlan
from ....lifecycle.refresh import RefreshPlan
from ....lifecycle.synonyms import SynonymsPlan
from ....lifecycle.verify.plan import VerifyPlan
from ....operations.history import last_rate
from ..parts.format import duration, filled, number, pretty_json, size


@dataclass(frozen=True)
class Told:
    """A plan in words.

    Args:
        steps: what happens, in its order.
        requests: what is sent to Elasticsearch, in its order.
        typed: what to type to confirm; "" where nothing is destroyed.
        idle: whether there is nothing to do, and so no button.
        more: text and relative address of a plan that does more, or what is wanted instead.
    """

    steps: tuple[str, ...]
    requests: tuple[str, ...]
    typed: str = ""
    idle: bool = False
    more: tuple[str, str] | None = None


def _shape(definition: IndexDefinition) -> str:
    shards = int(definition.settings.get("number_of_shards", 1))
    replicas = int(definition.settings.get("number_of_replicas", 1))
    return ", ".join(
        (
            ngettext("%(count)s shard", "%(count)s shards", shards) % {"count": shards},
            ngettext("%(count)s replica", "%(count)s replicas", replicas) % {"count": replicas},
        )
    )


def _put(definition: IndexDefinition, name: str) -> str:
    body = {"settings": definition.settings, "mappings": definition.mappings}
    return f"PUT /{name}\n{pretty_json(body)}"


def _aliases(*actions: Any) -> str:
    return f"POST /_aliases\n{pretty_json({'actions': actions})}"


def _add(plan: Any, target: str) -> dict[str, Any]:
    return {"add": {"index": target, "alias": plan.definition.alias}}


def tell_create(plan: CreatePlan) -> Told:
    """Tell a creation."""
    definition = plan.definition
    name = f"{definition.alias}-…"
    text = ngettext(
        "create %(name)s, empty (%(shape)s, %(count)s field)",
        "create %(name)s, empty (%(shape)s, %(count)s fields)",
        plan.fields,
    )
    values = {"name": name, "shape": _shape(definition), "count": number(plan.fields)}
    return Told(
        (
            filled(text, values),
            filled(
                _("give it the alias %(alias)s, in the same request"), {"alias": definition.alias}
            ),
            _("write every later change to it; rows that exist already are not loaded")
            if definition.document
            else _("the project fills the index itself"),
        ),
        (_put(definition, name),),
        more=(_("Swap alias…"), f"../swap/?{urlencode({'to': plan.former.name})}")
        if plan.former
        else None,
    )


def tell_rebuild(plan: RebuildPlan) -> Told:
    """Tell a rebuild."""
    if plan.copies:
        return _tell_copy(plan)
    definition = plan.definition
    name = plan.resumes or f"{definition.alias}-…"
    first = (
        _("resume %(name)s, whose build was interrupted")
        if plan.resumes
        else _("create %(name)s (%(shape)s, the mapping as declared)")
    )
    load = ngettext("load %(count)s row", "load %(count)s rows", plan.rows)
    rate = last_rate(definition)
    if rate:
        load = _("%(load)s, in about %(time)s at the last rate") % {
            "load": load,
            "time": duration(max(plan.rows / rate, 1)),
        }
    keep = (
        _("%(source)s is a physical index: the swap deletes it, and there is no rollback")
        if plan.concrete
        else _("keep %(source)s up to date, for a rollback")
    )
    swap = _("swap the alias %(alias)s: %(source)s → %(name)s, in one atomic request")
    values = {
        "name": name,
        "shape": _shape(definition),
        "count": number(plan.rows),
        "alias": definition.alias,
        "source": plan.source or _("nowhere"),
    }
    steps = [
        first,
        load,
        _("drain what changed meanwhile, and send its deletes a second time"),
        _("refresh it, wait for its shards, compare its ids with the database"),
        *(
            [_("ask it the judged searches, and stop before the swap if it answers them worse")]
            if plan.judge is not None
            else []
        ),
        *(
            [swap, *([keep] if plan.source else [])]
            if plan.swap
            else [_("stop before the swap: %(name)s gets each change, and waits for it")]
        ),
    ]
    remove = {
        "remove": {"index": plan.source, "alias": definition.alias, "must_exist": True},
    }
    return Told(
        tuple(filled(step, values) for step in steps),
        (
            _put(definition, name),
            f"POST /{name}-WRITE/_bulk?require_alias=true",
            f"POST /{name}/_refresh",
            *([_aliases(*([remove] if plan.source else []), _add(plan, name))] * plan.swap),
        ),
        typed=definition.alias if plan.concrete and plan.swap else "",
        more=(_("Stop before the swap, to look at what it would change…"), "?wait=1")
        if plan.swap and plan.source
        else None,
    )


def _tell_copy(plan: RebuildPlan) -> Told:
    """Tell a rebuild of an index without a document."""
    definition = plan.definition
    name = plan.resumes or f"{definition.alias}-…"
    values = {
        "name": name,
        "shape": _shape(definition),
        "count": number(plan.rows),
        "alias": definition.alias,
        "source": plan.source or "",
    }
    steps = [
        *([_("let nobody write to %(source)s")] if plan.block else []),
        _("resume the copy to %(name)s, whose rebuild was interrupted")
        if plan.resumes
        else _("create %(name)s (%(shape)s, the mapping that is live, the settings as declared)"),
        ngettext(
            "copy %(count)s document of %(source)s in Elasticsearch",
            "copy %(count)s documents of %(source)s in Elasticsearch",
            plan.rows,
        ),
        _("refresh it, wait for its shards, compare the numbers of documents"),
        _("swap the alias %(alias)s: %(source)s → %(name)s, in one atomic request"),
        _("%(source)s is a physical index: the swap deletes it, and there is no rollback")
        if plan.concrete
        else _("keep %(source)s as it is, for a rollback; it gets no later changes"),
        *([_("let writes in again")] if plan.block else []),
    ]
    body = {"source": {"index": plan.source}, "dest": {"index": name, "version_type": "external"}}
    return Told(
        tuple(filled(step, values) for step in steps) if plan.source else (),
        (
            *([f"PUT /{plan.source}/_block/write"] if plan.block else []),
            f"PUT /{name}\n{pretty_json({'settings': definition.settings})}",
            f"POST /_reindex?wait_for_completion=false\n{pretty_json(body)}",
            f"POST /{name}/_refresh",
            _aliases(
                {"remove_index": {"index": plan.source}}
                if plan.concrete
                else {"remove": {"index": plan.source, "alias": definition.alias}},
                _add(plan, name),
            ),
        )
        if plan.source
        else (),
        typed=definition.alias if plan.concrete else "",
        idle=not plan.source,
        more=(_("Do not block writes"), "?")
        if plan.block
        else (_("Block writes meanwhile, so that nothing is lost"), "?block=1"),
    )


def tell_swap(plan: SwapPlan) -> Told:
    """Tell a swap, or a rollback."""
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
        (_aliases(*plan.actions),),
        typed=plan.definition.alias if plan.concrete else "",
    )


def tell_refresh(plan: RefreshPlan) -> Told:
    """Tell a refresh."""
    alias = plan.definition.alias
    step = _("make what was written to %(alias)s searchable at once")
    return Told((filled(step, {"alias": alias}),), (f"POST /{alias}/_refresh",))


def tell_synonyms(plan: SynonymsPlan) -> Told:
    """Tell how sets of synonyms come in step with the rows."""
    steps: list[str] = []
    requests = []
    for one in plan.sets:
        if one.differs:
            text = ngettext(
                "put %(count)s rule into the set %(name)s (new: %(added)s; no longer there: "
                "%(removed)s). Searches use it at once",
                "put %(count)s rules into the set %(name)s (new: %(added)s; no longer there: "
                "%(removed)s). Searches use them at once",
                one.rules,
            )
            values = {
                "count": number(one.rules),
                "name": one.real,
                "added": number(one.added),
                "removed": number(one.removed),
            }
            steps.append(filled(text, values))
            requests.append(f"PUT /_synonyms/{one.real}")
    if not steps:
        steps.append(_("nothing: Elasticsearch has the rules of the database"))
    return Told(tuple(steps), tuple(requests), idle=plan.nothing)


def tell_preview(plan: PreviewPlan) -> Told:
    """Tell a preview."""
    steps = (
        ngettext(
            "ask %(live)s and %(generation)s the most frequent logged search, and all that are "
            "judged",
            "ask %(live)s and %(generation)s the %(count)s most frequent logged searches, and all "
            "that are judged",
            plan.searches,
        ),
        _("begin no further request after %(seconds)s s"),
        _("keep what differs with the operation. Nothing is changed"),
    )
    values = {
        "live": plan.live,
        "generation": plan.generation,
        "count": number(plan.searches),
        "seconds": number(int(plan.seconds)),
    }
    return Told(tuple(filled(step, values) for step in steps), ("GET /_msearch",))


def tell_drain(plan: DrainPlan) -> Told:
    """Tell a drain."""
    first = ngettext(
        "read the object of %(count)s change of the connection %(connection)s from the database",
        "read the objects of %(count)s changes of the connection %(connection)s from the database",
        plan.waiting,
    )
    values = {"count": number(plan.waiting), "connection": plan.definition.using}
    again = ngettext(
        "try %(count)s parked change of %(name)s again",
        "try %(count)s parked changes of %(name)s again",
        plan.parked,
    )
    retried = {"count": number(plan.parked), "name": plan.definition.name}
    return Told(
        (
            *((filled(again, retried),) if plan.parked else ()),
            filled(first, values),
            _("write their documents to the live, standby and building generations"),
            _("delete the rows of the outbox that were written"),
        ),
        (f"POST /{plan.definition.alias}-…-WRITE/_bulk?require_alias=true",),
    )


def tell_complete(plan: CompletePlan) -> Told:
    """Tell a comparison that writes what differs."""
    values = {
        "generation": plan.generation,
        "documents": counted(plan.documents, "document"),
        "rows": counted(plan.rows, "row"),
    }
    steps = (
        _(
            "compare the keys that %(generation)s has with those of the database "
            "(%(documents)s, %(rows)s)"
        ),
        _("write each document that is missing, and delete each that has no row, by the outbox"),
    )
    requests = (
        f"POST /{plan.generation}/_refresh",
        f"POST /{plan.generation}/_search",
        f"POST /{plan.definition.alias}-…-WRITE/_bulk?require_alias=true",
    )
    return Told(tuple(filled(step, values) for step in steps), requests if plan.generation else ())


def tell_verify(plan: VerifyPlan) -> Told:
    """Tell a comparison."""
    values = {"generation": plan.generation, "objects": counted(plan.rows, "object")}
    if plan.ids:
        first = _(
            "compare the keys of all objects (about %(objects)s) with those in %(generation)s"
        )
        more = (_("Compare the documents, too"), "?")
    else:
        first = _(
            "make the documents of all objects (about %(objects)s), and compare them with those "
            "in %(generation)s"
        )
        more = (_("Compare only keys, which is faster"), "?ids=1")
    steps = (
        first,
        _("look for documents in %(generation)s that have no object"),
        _("list what is missing, surplus or differs; nothing is written"),
    )
    requests = (f"POST /{plan.generation}/_mget", f"POST /{plan.generation}/_search")
    told = tuple(filled(step, values) for step in steps)
    return Told(told, requests if plan.generation else (), more=more)


def tell_prune(plan: PrunePlan) -> Told:
    """Tell a pruning."""
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
            _("keep %(name)s: it may be the last copy, as what is searched is not whole"),
            {"name": name},
        )
        for name in plan.last
    ]
    steps += [
        filled(_("keep %(name)s: it is not registered"), {"name": name}) for name in plan.unknown
    ]
    if not plan.doomed:
        steps.append(_("there is nothing to delete: live and standby are always kept"))
    requests = (f"DELETE /{','.join(plan.doomed)}",) if plan.doomed else ()
    steps += [
        filled(_("keep %(name)s: a build that nobody works on"), {"name": name})
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
        "building": _("a build that nobody works on"),
    }
    values = {
        "name": name,
        "documents": counted(doomed.documents, "document"),
        "size": size(doomed.size),
        "role": roles.get(doomed.role) or _("not searched and not written to any more"),
    }
    return filled(_("delete %(name)s permanently: %(documents)s, %(size)s, %(role)s"), values)


def tell_delete(plan: DeletePlan) -> Told:
    """Tell the deletion of a generation."""
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


Tell = Callable[[Any], Told]
