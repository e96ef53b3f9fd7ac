"""States: an icon and a word, never only a colour, and an explanation."""

from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....backends.health import ConnectionHealth
from ....lifecycle.verify.last import read_verified
from ....models import Generation, Operation
from ....operations.history import OperationStatus, StepStatus
from ....status.compared_object import ComparedObject
from ....status.detail import GenerationStatus
from ....status.problem import Problem
from ....status.status import IndexStatus
from .format import filled, number


@dataclass(frozen=True)
class State:
    """One state to show.

    Args:
        icon: one of the admin's own icons: ``yes``, ``alert``, ``no``, ``unknown``, ``clock``.
        text: one or two words.
        hint: an explanation.
    """

    icon: str
    text: str
    hint: str = ""


def _health(status: str) -> State:
    if status == "green":
        return State("yes", _("green"), _("All primary and replica shards are available."))
    if status == "yellow":
        return State(
            "alert",
            _("yellow"),
            _(
                "All data is available, but some replicas are missing: if a node fails, data can "
                "be lost."
            ),
        )
    if status == "red":
        return State(
            "no", _("red"), _("Some primary shards are missing, and their data with them.")
        )
    return State("unknown", _("unknown"), _("Elasticsearch reports no health for it."))


def connection_state(health: ConnectionHealth) -> State:
    """Return the state of a connection."""
    if not health.available:
        return State("no", _("unavailable"))
    return _health(health.status)


def index_state(index: IndexStatus) -> State:
    """Return the state of an index."""
    if not index.known:
        last = index.health if index.told and index.open else ""
        text = _health(last).text if last else _("unknown")
        return State("unknown", text, _("Its connection does not answer."))
    if not (index.exists or index.database_known):
        return State(
            "unknown",
            _("unknown"),
            _(
                "No index has its alias, and its database does not say to which generation it "
                "belongs."
            ),
        )
    if index.former:
        return State(
            "alert",
            _("no alias"),
            _("No index has its alias, so it cannot be searched. Its documents still exist."),
        )
    if not index.exists:
        return State(
            "alert", _("missing"), _("It is declared, but does not exist in Elasticsearch.")
        )
    if not index.open:
        return State("alert", _("closed"), _("It cannot be searched."))
    return _health(index.health)


def mapping_state(index: IndexStatus) -> State | None:
    """Return how the live mapping compares with the declared one; None if one is missing."""
    if not (index.declared and index.model and index.exists):
        return None
    if not index.differences:
        return State("yes", _("same"), _("The live mapping is as the document declares it."))
    count = len(index.differences)
    text = ngettext("%(count)s difference", "%(count)s differences", count)
    return State("alert", text % {"count": number(count)})


def generation_state(generation: GenerationStatus) -> State:
    """Return the state of a generation."""
    if not generation.exists:
        return State("no", _("gone"), _("It is registered, but does not exist in Elasticsearch."))
    return _health(generation.health)


def generation_role(generation: GenerationStatus) -> str:
    """Return the role of a generation; "" if it is not registered.

    An index with the alias is live, whatever its role in the table.
    """
    if generation.live:
        return _("live")
    if not generation.role:
        return ""
    role = Generation.Role(generation.role)
    return _("was live") if role is Generation.Role.LIVE else str(role.label)


def comparison_state(comparison: ComparedObject) -> State:
    """Return the state of one object's document."""
    if comparison.refused:
        text = _("refused: %(why)s")
        return State("no", text % {"why": comparison.refused}, _("Its document was not accepted."))
    if comparison.indexed is None and comparison.would_be is None:
        return State("yes", _("not indexed, and does not belong in the index"))
    if comparison.indexed is None:
        return State("no", _("not indexed"), _("Its document would be written."))
    if comparison.would_be is None:
        return State("alert", _("indexed, but should not be"), _("It would be deleted."))
    if not comparison.comparable:
        return State(
            "unknown",
            _("indexed; it is not known whether it is up to date"),
            _("The mapping keeps no _source, so there is nothing to compare it with."),
        )
    if comparison.differs:
        return State(
            "alert", _("indexed, but differs"), _("A different document would be written.")
        )
    return State("yes", _("indexed, and up to date"))


def verified_state(operation: OperationStatus) -> State | None:
    """Return the result of a comparison; None if it is not one, or has not finished."""
    found = read_verified(operation)
    if found is None:
        return None
    if found.equal:
        return State("yes", _("equal") if found.whole else _("equal, as far as compared"))
    parts = (
        (found.missing, _("%(count)s missing")),
        (found.stale, _("%(count)s differ")),
        (found.ghosts, _("%(count)s without an object")),
        (found.refused, _("%(count)s cannot be made")),
    )
    text = ", ".join(text % {"count": number(count)} for count, text in parts if count)
    return State("alert", text)


def problem_text(problem: Problem) -> SafeString:
    """Return the text of a problem, with names and numbers isolated for right-to-left text."""
    return format_html("{}.", filled(problem.sentence, problem.facts))


def operation_state(operation: OperationStatus) -> State:
    """Return the progress or the outcome of an operation."""
    if operation.interrupted:
        return State(
            "alert", _("interrupted"), _("Its process was killed, or its machine stopped.")
        )
    state = Operation.State(operation.row.state)
    icons = {
        Operation.State.QUEUED: "clock",
        Operation.State.RUNNING: "clock",
        Operation.State.DONE: "yes",
        Operation.State.FAILED: "no",
        Operation.State.CANCELLED: "alert",
    }
    return State(icons[state], str(state.label))


def operation_title(operation: OperationStatus) -> str:
    """Return the kind of an operation and its index, as plain text."""
    return _title_of(operation) % {"index": operation.row.index}


def operation_name(operation: OperationStatus) -> SafeString:
    """Return the same as markup, with the name of the index isolated."""
    return filled(_title_of(operation), {"index": operation.row.index})


def _title_of(operation: OperationStatus) -> str:
    titles = {
        Operation.Kind.CREATE: _("creation of %(index)s"),
        Operation.Kind.REBUILD: _("rebuild of %(index)s"),
        Operation.Kind.SWAP: _("swap of the alias of %(index)s"),
        Operation.Kind.ROLLBACK: _("rollback of %(index)s"),
        Operation.Kind.PRUNE: _("pruning of %(index)s"),
        Operation.Kind.DELETE: _("deletion in %(index)s"),
        Operation.Kind.REFRESH: _("refresh of %(index)s"),
        Operation.Kind.DRAIN: _("drain of %(index)s"),
        Operation.Kind.REINDEX: _("reindexing in %(index)s"),
        Operation.Kind.VERIFY: _("verification of %(index)s"),
        Operation.Kind.UPDATE: _("update of the mapping of %(index)s"),
        Operation.Kind.SYNONYMS: _("synonyms of %(index)s"),
        Operation.Kind.PREVIEW: _("preview of a swap of %(index)s"),
    }
    return titles[Operation.Kind(operation.row.kind)]


def step_title(step: StepStatus | str) -> str:
    """Return the title of a step of an operation, or of a step name."""
    titles = {
        "create": _("create the generation"),
        "load": _("load the rows"),
        "drain": _("drain what changed meanwhile"),
        "deletes": _("send deletes a second time"),
        "settle": _("apply the declared settings"),
        "gate": _("compare it with the database"),
        "swap": _("swap the alias"),
        "standby": _("keep the old generation up to date"),
        "delete": _("delete generations"),
        "refresh": _("refresh"),
        "verify": _("compare the documents"),
        "ghosts": _("look for documents without an object"),
        "update": _("update the mapping"),
        "synonyms": _("put the synonyms"),
        "preview": _("send the searches to both generations"),
    }
    name = step if isinstance(step, str) else step.name
    return titles.get(name, name)


def step_state(step: StepStatus, operation: OperationStatus) -> State:
    """Return the state of a step."""
    if step is operation.current:
        return State("clock", _("running"))
    if operation.row.state == Operation.State.DONE or step is not operation.steps[-1]:
        return State("yes", _("done"))
    return operation_state(operation)
