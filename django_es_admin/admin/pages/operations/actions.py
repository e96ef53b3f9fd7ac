"""What can be done to an index: for each verb its right, its plan and the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....counted import counted
from ....exceptions import IndexMissing, OperationRefused
from ....indices.definition import IndexDefinition
from ....indices.names import is_generation_name
from ....insight.preview.operation import AT_ONCE_SECONDS, plan_preview, run_preview
from ....insight.preview.preview import SECONDS
from ....lifecycle.aliases.swap_plan import plan_swap
from ....lifecycle.complete import complete, plan_complete
from ....lifecycle.create import create_index, plan_create
from ....lifecycle.delete import delete_index, plan_delete
from ....lifecycle.drain_now import drain_now, plan_drain
from ....lifecycle.prune import plan_prune, prune
from ....lifecycle.rebuild import plan_rebuild, rebuild
from ....lifecycle.refresh import plan_refresh, refresh
from ....lifecycle.rollback import plan_rollback, roll_back
from ....lifecycle.swap import swap_alias
from ....lifecycle.synonyms import plan_synonyms, put_synonyms
from ....lifecycle.verify.plan import plan_verify
from ....lifecycle.verify.verify import verify
from ....models import Operation
from ....status.status import IndexStatus
from ...rights import RIGHTS, Verb
from ..parts.format import number, size
from . import plans

Parameters = Mapping[str, str]

_NO_TASKS = _(
    "django-tasks is not installed, so nothing can run in the background: install "
    "django-tasks-db, or use `manage.py es_rebuild`."
)

_TOO_MUCH = _("%(waiting)s: that is too much for one request. Run `manage.py es_drain`.")
_TOO_MANY = _(
    "About %(objects)s to compare: that is too much for one request. Run `manage.py es_verify`, or "
    "let a worker do tasks in the background."
)


def _never(plan: Any) -> bool:
    return False


def _always(plan: Any) -> bool:
    return True


def _is_concrete(plan: Any) -> bool:
    """Whether what is searched is a physical index of the alias's name, which has to go."""
    return bool(plan.concrete)


@dataclass(frozen=True)
class Action:
    """One verb: all that its button, its plan and its execution need.

    Args:
        name: the end of its address, and of its URL name.
        kind: of the operation.
        title: what people read on its button; an ellipsis, as a plan follows.
        button: what they read on that which carries the plan out.
        plan: makes the plan, for the parameters of the address.
        tell: says it in words.
        execute: carries it out within the request.
        fits: whether it is one for an index that is declared, as it is now.
        background: whether a plan takes too long for a request, so that a task carries it out.
        enqueue: the function of :mod:`django_es_admin.tasks` that asks a task to.
        tell_too_long: why a plan that takes too long cannot be carried out without tasks, if there
            is another way to do it.
        destroys: whether a plan deletes a physical index, which takes the right to that, and its
            typed name.
        flag: of the entry in the admin's log.
        parameter: which parameter of its address names a generation; "" for none.
        note: how much it does or frees, for its button; "" where that goes without saying.
    """

    name: str
    kind: Operation.Kind
    title: str | Promise
    button: str | Promise
    plan: Callable[[IndexDefinition, Parameters], Any]
    tell: plans.Tell
    execute: Callable[[Any], Any]
    fits: Callable[[IndexStatus], bool]
    background: Callable[[Any], bool] = _never
    enqueue: str = ""
    tell_too_long: Callable[[Any], str] | None = None
    destroys: Callable[[Any], bool] = _never
    flag: int = CHANGE
    parameter: str = ""
    note: Callable[[IndexStatus], str] = lambda index: ""

    @property
    def right(self) -> Verb:
        """The right that it takes."""
        return RIGHTS[self.kind]

    @property
    def url_name(self) -> str:
        """The name of its address, without the namespace."""
        return f"elasticsearch_index_{self.name}"

    def carry_out(self, plan: Any) -> Any:
        """Carry a plan out, within the request or by a task of the background.

        Raises:
            ElasticsearchAdminError: it is refused, or Elasticsearch did not do it.
        """
        if self.background(plan):
            return getattr(_tasks(), self.enqueue)(plan)
        return self.execute(plan)

    def find_refusal(self, plan: Any) -> str:
        """Return why the admin cannot carry out a plan, whatever the index; "" if it can."""
        if not self.background(plan):
            return ""
        try:
            refusal: str = _tasks().find_background_refusal()
        except OperationRefused as error:
            refusal = str(error)
        return self.tell_too_long(plan) if refusal and self.tell_too_long else refusal


def _tasks() -> Any:
    try:
        # Below Django 6 tasks are a package that need not be there.
        from .... import tasks  # noqa: PLC0415
    except ImportError as error:
        raise OperationRefused(str(_NO_TASKS)) from error
    return tasks


def _works_in_background() -> bool:
    try:
        return not _tasks().find_background_refusal()
    except OperationRefused:
        return False


def _plan_preview(definition: IndexDefinition, asked: Parameters) -> Any:
    seconds = SECONDS if _works_in_background() else AT_ONCE_SECONDS
    generation = asked.get("generation", "").replace("\0", "")
    return plan_preview(definition, generation, seconds=seconds)


def _plan_delete(definition: IndexDefinition, asked: Parameters) -> Any:
    name = asked.get("generation", "")
    if not is_generation_name(definition.alias, name):
        raise IndexMissing(f"{name!r} is no generation of {definition.name}.")
    return plan_delete(name, definition.using)


CREATE = Action(
    name="create",
    kind=Operation.Kind.CREATE,
    title=_("Create…"),
    button=_("Create the index"),
    plan=lambda definition, asked: plan_create(definition),
    tell=plans.tell_create,
    execute=create_index,
    # Where a generation only lost its alias, that is given back. The database knows if one did.
    fits=lambda index: (
        index.known and index.database_known and not index.exists and index.former is None
    ),
    flag=ADDITION,
)
REBUILD = Action(
    name="rebuild",
    kind=Operation.Kind.REBUILD,
    title=_("Rebuild…"),
    button=_("Start the rebuild"),
    plan=lambda definition, asked: plan_rebuild(
        definition,
        swap="wait" not in asked,
        judge=0.0 if "judge" in asked else None,
        block=not definition.document and "block" in asked,
    ),
    tell=plans.tell_rebuild,
    execute=rebuild,
    # Without a document, Elasticsearch copies what is live.
    fits=lambda index: bool(index.model) or (index.declared and index.exists),
    background=_always,
    enqueue="enqueue_rebuild",
    destroys=_is_concrete,
)
SWAP = Action(
    name="swap",
    kind=Operation.Kind.SWAP,
    title=_("Swap alias…"),
    button=_("Swap the alias"),
    plan=lambda definition, asked: plan_swap(definition, asked.get("to") or None),
    tell=plans.tell_swap,
    execute=swap_alias,
    fits=lambda index: index.exists or index.former is not None,
    # A swap to what was not compared with the database yet does that first.
    background=lambda plan: bool(plan.gated),
    enqueue="enqueue_swap",
    destroys=_is_concrete,
    parameter="to",
)
ROLLBACK = Action(
    name="rollback",
    kind=Operation.Kind.ROLLBACK,
    title=_("Roll back…"),
    button=_("Roll back"),
    plan=lambda definition, asked: plan_rollback(definition),
    tell=plans.tell_swap,
    execute=roll_back,
    fits=lambda index: index.exists and bool(index.standby),
)
REFRESH = Action(
    name="refresh",
    kind=Operation.Kind.REFRESH,
    title=_("Refresh…"),
    button=_("Refresh the index"),
    plan=lambda definition, asked: plan_refresh(definition),
    tell=plans.tell_refresh,
    execute=refresh,
    fits=lambda index: index.exists,
)
DRAIN = Action(
    name="drain",
    kind=Operation.Kind.DRAIN,
    title=_("Drain now…"),
    button=_("Drain now"),
    plan=lambda definition, asked: plan_drain(definition, again="again" in asked),
    tell=plans.tell_drain,
    execute=drain_now,
    fits=lambda index: bool(index.model),
    note=lambda index: number(index.outbox.waiting) if index.outbox.waiting else "",
    background=lambda plan: bool(plan.takes_long),
    enqueue="enqueue_drain",
    tell_too_long=lambda plan: str(_TOO_MUCH) % {"waiting": counted(plan.waiting, "change")},
)
COMPLETE = Action(
    name="complete",
    kind=Operation.Kind.REINDEX,
    title=_("Reindex what differs…"),
    button=_("Reindex what differs"),
    plan=lambda definition, asked: plan_complete(definition),
    tell=plans.tell_complete,
    execute=complete,
    # Offered where something differs, and not where all is well.
    fits=_never,
    background=lambda plan: bool(plan.takes_long),
    enqueue="enqueue_complete",
)
VERIFY = Action(
    name="verify",
    kind=Operation.Kind.VERIFY,
    title=_("Compare now…"),
    button=_("Compare"),
    plan=lambda definition, asked: plan_verify(definition, ids="ids" in asked),
    tell=plans.tell_verify,
    execute=verify,
    fits=lambda index: bool(index.model) and index.exists,
    background=lambda plan: bool(plan.takes_long),
    enqueue="enqueue_verify",
    tell_too_long=lambda plan: str(_TOO_MANY) % {"objects": counted(plan.rows, "object")},
)
PRUNE = Action(
    name="prune",
    kind=Operation.Kind.PRUNE,
    title=_("Prune…"),
    button=_("Prune"),
    plan=lambda definition, asked: plan_prune(definition, builds="builds" in asked),
    tell=plans.tell_prune,
    execute=prune,
    fits=lambda index: index.prunable > 0,
    note=lambda index: size(index.prunable_size) if index.prunable_size else "",
    flag=DELETION,
)
SYNONYMS = Action(
    name="synonyms",
    kind=Operation.Kind.SYNONYMS,
    title=_("Put synonyms…"),
    button=_("Put the synonyms"),
    plan=lambda definition, asked: plan_synonyms(definition),
    tell=plans.tell_synonyms,
    execute=put_synonyms,
    # Offered where something differs: a rule that is saved is put at once.
    fits=_never,
)
PREVIEW = Action(
    name="preview_swap",
    kind=Operation.Kind.PREVIEW,
    title=_("Preview a swap…"),
    button=_("Ask both generations"),
    plan=_plan_preview,
    tell=plans.tell_preview,
    execute=run_preview,
    # Linked from the plan of a swap, and from a rebuild that waits for its swap.
    fits=_never,
    background=lambda plan: _works_in_background(),
    enqueue="enqueue_preview",
    parameter="generation",
)
DELETE = Action(
    name="delete_generation",
    kind=Operation.Kind.DELETE,
    title=_("Delete…"),
    button=_("Delete the generation"),
    plan=_plan_delete,
    tell=plans.tell_delete,
    execute=delete_index,
    fits=_never,  # of one of its generations
    flag=DELETION,
    parameter="generation",
)
ACTIONS = (
    CREATE,
    REBUILD,
    SWAP,
    ROLLBACK,
    REFRESH,
    DRAIN,
    COMPLETE,
    VERIFY,
    PRUNE,
    SYNONYMS,
    PREVIEW,
    DELETE,
)
BY_KIND = {action.kind: action for action in ACTIONS}
BY_NAME = {action.name: action for action in ACTIONS}
