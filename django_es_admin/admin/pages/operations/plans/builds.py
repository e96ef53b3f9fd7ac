"""Descriptions of plans that make a generation: a creation, a rebuild, a copy."""

from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .....indices.definition import IndexDefinition
from .....lifecycle.create import CreatePlan
from .....lifecycle.rebuild_plan import RebuildPlan
from .....operations.history import last_rate
from ...parts.format import duration, filled, number, pretty_json
from .told import Told, move, put


def tell_create(plan: CreatePlan) -> Told:
    """Describe the creation of an index."""
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
        (put(definition, name),),
        more=(_("Swap alias…"), f"../swap/?{urlencode({'to': plan.former.name})}")
        if plan.former
        else None,
    )


def tell_rebuild(plan: RebuildPlan) -> Told:
    """Describe a rebuild."""
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
            [_("send it the judged searches, and stop before the swap if its results are worse")]
            if plan.judge is not None
            else []
        ),
        *(
            [swap, *([keep] if plan.source else [])]
            if plan.swap
            else [_("stop before the swap: %(name)s gets each change, and waits for the swap")]
        ),
    ]
    remove = {
        "remove": {"index": plan.source, "alias": definition.alias, "must_exist": True},
    }
    return Told(
        tuple(filled(step, values) for step in steps),
        (
            put(definition, name),
            f"POST /{name}-WRITE/_bulk?require_alias=true",
            f"POST /{name}/_refresh",
            *([move(*([remove] if plan.source else []), _add(plan, name))] * plan.swap),
        ),
        typed=definition.alias if plan.concrete and plan.swap else "",
        more=(_("Stop before the swap, to look at what it would change…"), "?wait=1")
        if plan.swap and plan.source
        else None,
    )


def _tell_copy(plan: RebuildPlan) -> Told:
    """Describe a rebuild of an index without a document."""
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
        *([_("block writes to %(source)s")] if plan.block else []),
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
        *([_("allow writes again")] if plan.block else []),
    ]
    body = {"source": {"index": plan.source}, "dest": {"index": name, "version_type": "external"}}
    return Told(
        tuple(filled(step, values) for step in steps) if plan.source else (),
        (
            *([f"PUT /{plan.source}/_block/write"] if plan.block else []),
            f"PUT /{name}\n{pretty_json({'settings': definition.settings})}",
            f"POST /_reindex?wait_for_completion=false\n{pretty_json(body)}",
            f"POST /{name}/_refresh",
            move(
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


def _shape(definition: IndexDefinition) -> str:
    shards = int(definition.settings.get("number_of_shards", 1))
    replicas = int(definition.settings.get("number_of_replicas", 1))
    return ", ".join(
        (
            ngettext("%(count)s shard", "%(count)s shards", shards) % {"count": shards},
            ngettext("%(count)s replica", "%(count)s replicas", replicas) % {"count": replicas},
        )
    )


def _add(plan: Any, target: str) -> dict[str, Any]:
    return {"add": {"index": target, "alias": plan.definition.alias}}
