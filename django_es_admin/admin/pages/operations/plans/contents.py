"""Descriptions of plans for the contents of an index: drain, compare, preview."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .....counted import counted
from .....insight.preview.operation import PreviewPlan
from .....lifecycle.complete import CompletePlan
from .....lifecycle.drain_now import DrainPlan
from .....lifecycle.synonyms import SynonymsPlan
from .....lifecycle.verify.plan import VerifyPlan
from ...parts.format import filled, number
from .told import Told


def tell_drain(plan: DrainPlan) -> Told:
    """Describe a drain."""
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
    """Describe a comparison of keys, after which differing documents are written."""
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
        _("write missing documents, and delete documents without a row, through the outbox"),
    )
    requests = (
        f"POST /{plan.generation}/_refresh",
        f"POST /{plan.generation}/_search",
        f"POST /{plan.definition.alias}-…-WRITE/_bulk?require_alias=true",
    )
    return Told(tuple(filled(step, values) for step in steps), requests if plan.generation else ())


def tell_verify(plan: VerifyPlan) -> Told:
    """Describe a comparison."""
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
        _(
            "list objects without a document, documents without an object, and documents that "
            "differ; nothing is written"
        ),
    )
    requests = (f"POST /{plan.generation}/_mget", f"POST /{plan.generation}/_search")
    told = tuple(filled(step, values) for step in steps)
    return Told(told, requests if plan.generation else (), more=more)


def tell_synonyms(plan: SynonymsPlan) -> Told:
    """Describe an update of synonym sets from the rows."""
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
    """Describe a preview."""
    steps = (
        ngettext(
            "send the most frequent logged search, and all judged ones, to %(live)s and "
            "%(generation)s",
            "send the %(count)s most frequent logged searches, and all judged ones, to %(live)s "
            "and %(generation)s",
            plan.searches,
        ),
        _("send no further request after %(seconds)s s"),
        _("store the differences with the operation. Nothing is changed"),
    )
    values = {
        "live": plan.live,
        "generation": plan.generation,
        "count": number(plan.searches),
        "seconds": number(int(plan.seconds)),
    }
    return Told(tuple(filled(step, values) for step in steps), ("GET /_msearch",))
