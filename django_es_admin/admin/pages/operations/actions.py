"""What can be done to an index: for each verb its right, its plan and the function that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....exceptions import IndexMissing, OperationRefused
from ....indices.definition import IndexDefinition
from ....indices.names import is_generation_name
from ....lifecycle.aliases.swap_plan import plan_swap
from ....lifecycle.create import create_index, plan_create
from ....lifecycle.delete import delete_index, plan_delete
from ....lifecycle.drain_now import drain_now, plan_drain
from ....lifecycle.prune import plan_prune, prune
from ....lifecycle.rebuild import plan_rebuild
from ....lifecycle.refresh import plan_refresh, refresh
from ....lifecycle.rollback import plan_rollback, roll_back
from ....lifecycle.swap import swap_alias
from ....models import Operation
from ...rights import Verb
from . import plans

Parameters = Mapping[str, str]

_NO_TASKS = _(
    "django-tasks is not installed, so that nothing can be done in the background: "
    "install django-tasks-db, or use `manage.py es_rebuild`."
)

_TOO_MUCH = _(
    "%(count)s changes wait, which is too much for one request: run `manage.py es_drain`."
)


@dataclass(frozen=True)
class Action:
    """One verb.

    Args:
        name: the end of its address, and of its URL name.
        kind: of the operation.
        right: that it takes.
        title: what people read on its button; an ellipsis, as a plan follows.
        button: what they read on that which carries the plan out.
        plan: makes the plan, for the parameters of the address.
        tell: says it in words.
        execute: carries it out for a user.
        flag: of the entry in the admin's log.
        whole: whether it is one for the index as a whole, and not for one of its generations.
    """

    name: str
    kind: Operation.Kind
    right: Verb
    title: str | Promise
    button: str | Promise
    plan: Callable[[IndexDefinition, Parameters], Any]
    tell: plans.Tell
    execute: Callable[..., Any]
    flag: int = CHANGE
    whole: bool = True

    @property
    def url_name(self) -> str:
        """The name of its address, without the namespace."""
        return f"elasticsearch_index_{self.name}"


def _enqueue_rebuild(plan: Any) -> Any:
    return _tasks().enqueue_rebuild(plan)


def _swap(plan: Any) -> Any:
    if _takes_long(SWAP, plan):
        return _tasks().enqueue_swap(plan)
    return swap_alias(plan)


def _drain(plan: Any) -> Any:
    if _takes_long(DRAIN, plan):
        return _tasks().enqueue_drain(plan)
    return drain_now(plan)


def _tasks() -> Any:
    try:
        # Below Django 6 tasks are a package that need not be there.
        from .... import tasks  # noqa: PLC0415
    except ImportError as error:
        raise OperationRefused(str(_NO_TASKS)) from error
    return tasks


def _takes_long(action: Action, plan: Any) -> bool:
    if action is DRAIN:
        return bool(plan.takes_long)
    # A swap to what was not compared with the database yet does that first.
    return action is REBUILD or (action is SWAP and plan.gated)


def find_refusal(action: Action, plan: Any) -> str:
    """Return why a plan cannot be carried out in the admin, whatever the index; "" if it can."""
    if not _takes_long(action, plan):
        return ""
    try:
        refusal: str = _tasks().find_background_refusal()
    except OperationRefused as error:
        refusal = str(error)
    if refusal and action is DRAIN:
        return str(_TOO_MUCH) % {"count": plan.waiting}
    return refusal


def _plan_delete(definition: IndexDefinition, asked: Parameters) -> Any:
    name = asked.get("generation", "")
    if not is_generation_name(definition.alias, name):
        raise IndexMissing(f"{name!r} is no generation of {definition.name}.")
    return plan_delete(name, definition.using)


CREATE = Action(
    name="create",
    kind=Operation.Kind.CREATE,
    right="create_index",
    title=_("Create…"),
    button=_("Create the index"),
    plan=lambda definition, asked: plan_create(definition),
    tell=plans.tell_create,
    execute=create_index,
    flag=ADDITION,
)
REBUILD = Action(
    name="rebuild",
    kind=Operation.Kind.REBUILD,
    right="rebuild_index",
    title=_("Rebuild…"),
    button=_("Start the rebuild"),
    plan=lambda definition, asked: plan_rebuild(definition),
    tell=plans.tell_rebuild,
    execute=_enqueue_rebuild,
)
SWAP = Action(
    name="swap",
    kind=Operation.Kind.SWAP,
    right="swap_alias",
    title=_("Swap alias…"),
    button=_("Swap the alias"),
    plan=lambda definition, asked: plan_swap(definition, asked.get("to") or None),
    tell=plans.tell_swap,
    execute=_swap,
)
ROLLBACK = Action(
    name="rollback",
    kind=Operation.Kind.ROLLBACK,
    right="swap_alias",
    title=_("Roll back…"),
    button=_("Roll back"),
    plan=lambda definition, asked: plan_rollback(definition),
    tell=plans.tell_swap,
    execute=roll_back,
)
REFRESH = Action(
    name="refresh",
    kind=Operation.Kind.REFRESH,
    right="reindex_objects",
    title=_("Refresh…"),
    button=_("Refresh the index"),
    plan=lambda definition, asked: plan_refresh(definition),
    tell=plans.tell_refresh,
    execute=refresh,
)
DRAIN = Action(
    name="drain",
    kind=Operation.Kind.DRAIN,
    right="reindex_objects",
    title=_("Drain now…"),
    button=_("Drain now"),
    plan=lambda definition, asked: plan_drain(definition),
    tell=plans.tell_drain,
    execute=_drain,
)
PRUNE = Action(
    name="prune",
    kind=Operation.Kind.PRUNE,
    right="delete_index",
    title=_("Prune…"),
    button=_("Prune"),
    plan=lambda definition, asked: plan_prune(definition),
    tell=plans.tell_prune,
    execute=prune,
    flag=DELETION,
)
DELETE = Action(
    name="delete_generation",
    kind=Operation.Kind.DELETE,
    right="delete_index",
    title=_("Delete…"),
    button=_("Delete the generation"),
    plan=_plan_delete,
    tell=plans.tell_delete,
    execute=delete_index,
    flag=DELETION,
    whole=False,
)
ACTIONS = (CREATE, REBUILD, SWAP, ROLLBACK, REFRESH, DRAIN, PRUNE, DELETE)
BY_KIND = {action.kind: action for action in ACTIONS}
