"""The table of all actions on an index."""

from typing import Any

from django.contrib.admin.models import ADDITION, DELETION
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from ....counted import counted
from ....exceptions import IndexMissing
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
from ....lifecycle.rebuild import rebuild
from ....lifecycle.rebuild_plan import plan_rebuild
from ....lifecycle.refresh import plan_refresh, refresh
from ....lifecycle.rollback import plan_rollback, roll_back
from ....lifecycle.swap import swap_alias
from ....lifecycle.synonyms import plan_synonyms, put_synonyms
from ....lifecycle.verify.plan import plan_verify
from ....lifecycle.verify.verify import verify
from ....models import Generation, Operation
from ..parts.format import number, size
from .action import Action, ForMany, Parameters, always, never, works_in_background
from .plans.builds import tell_create, tell_rebuild
from .plans.contents import (
    tell_complete,
    tell_drain,
    tell_preview,
    tell_synonyms,
    tell_verify,
)
from .plans.generations import tell_delete, tell_prune, tell_refresh, tell_swap

_TOO_MUCH = _("%(waiting)s: that is too much for one request. Run `manage.py es_drain`.")
_TOO_MANY = _(
    "About %(objects)s to compare: that is too much for one request. Run `manage.py es_verify`, or "
    "let a worker do tasks in the background."
)


def _is_concrete(plan: Any) -> bool:
    """Return whether a physical index has the name of the alias, and must be deleted."""
    return bool(plan.concrete)


def _plan_preview(definition: IndexDefinition, asked: Parameters) -> Any:
    seconds = SECONDS if works_in_background() else AT_ONCE_SECONDS
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
    tell=tell_create,
    execute=create_index,
    # If a generation only lost its alias, the alias is restored. The database knows that
    # generation.
    fits=lambda index: (
        index.known and index.database_known and not index.exists and index.former is None
    ),
    flag=ADDITION,
    waits_for_rebuild=True,
    following=lambda operation: ("rebuild",),
    for_many=ForMany(
        _("Create several indices"),
        ngettext_lazy("Create %(count)s…", "Create all %(count)s…", "number"),
    ),
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
    tell=tell_rebuild,
    execute=rebuild,
    # Without a document, Elasticsearch copies the live generation.
    fits=lambda index: bool(index.model) or (index.declared and index.exists),
    background=always,
    enqueue="enqueue_rebuild",
    destroys=_is_concrete,
    waits_for_rebuild=True,
    following=lambda operation: (
        ("preview_swap", "swap")
        if operation.details.get("swap") is False
        else ("rollback", "prune")
    ),
    for_many=ForMany(
        _("Rebuild several indices"),
        ngettext_lazy("Rebuild %(count)s…", "Rebuild all %(count)s…", "number"),
    ),
    judges=True,
)
SWAP = Action(
    name="swap",
    kind=Operation.Kind.SWAP,
    title=_("Swap alias…"),
    button=_("Swap the alias"),
    plan=lambda definition, asked: plan_swap(definition, asked.get("to") or None),
    tell=tell_swap,
    execute=swap_alias,
    fits=lambda index: index.exists or index.former is not None,
    # If the target was not yet compared with the database, the swap does that first.
    background=lambda plan: bool(plan.gated),
    enqueue="enqueue_swap",
    destroys=_is_concrete,
    parameter="to",
    following=lambda operation: ("rollback", "prune"),
    moves_alias=True,
)
ROLLBACK = Action(
    name="rollback",
    kind=Operation.Kind.ROLLBACK,
    title=_("Roll back…"),
    button=_("Roll back"),
    plan=lambda definition, asked: plan_rollback(definition),
    tell=tell_swap,
    execute=roll_back,
    fits=lambda index: index.exists and bool(index.standby),
    has_work=lambda definition, figures: any(
        generation.role == Generation.Role.STANDBY for generation in figures.generations(definition)
    ),
    following=lambda operation: ("rollback", "rebuild"),
    moves_alias=True,
)
REFRESH = Action(
    name="refresh",
    kind=Operation.Kind.REFRESH,
    title=_("Refresh…"),
    button=_("Refresh the index"),
    plan=lambda definition, asked: plan_refresh(definition),
    tell=tell_refresh,
    execute=refresh,
    fits=lambda index: index.exists,
)
DRAIN = Action(
    name="drain",
    kind=Operation.Kind.DRAIN,
    title=_("Drain now…"),
    button=_("Drain now"),
    plan=lambda definition, asked: plan_drain(definition, again="again" in asked),
    tell=tell_drain,
    execute=drain_now,
    fits=lambda index: bool(index.model),
    note=lambda index: number(index.outbox.waiting) if index.outbox.waiting else "",
    background=lambda plan: bool(plan.takes_long),
    enqueue="enqueue_drain",
    tell_too_long=lambda plan: str(_TOO_MUCH) % {"waiting": counted(plan.waiting, "change")},
    following=lambda operation: ("refresh",),
)
COMPLETE = Action(
    name="complete",
    kind=Operation.Kind.REINDEX,
    title=_("Reindex what differs…"),
    button=_("Reindex what differs"),
    plan=lambda definition, asked: plan_complete(definition),
    tell=tell_complete,
    execute=complete,
    # Offered only if something differs.
    fits=never,
    background=lambda plan: bool(plan.takes_long),
    enqueue="enqueue_complete",
    mends=True,
)
VERIFY = Action(
    name="verify",
    kind=Operation.Kind.VERIFY,
    title=_("Compare now…"),
    button=_("Compare"),
    plan=lambda definition, asked: plan_verify(definition, ids="ids" in asked),
    tell=tell_verify,
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
    tell=tell_prune,
    execute=prune,
    fits=lambda index: index.prunable > 0,
    note=lambda index: size(index.prunable_size) if index.prunable_size else "",
    flag=DELETION,
    mends=True,
    has_work=lambda definition, figures: bool(figures.prunable(definition, ())),
)
SYNONYMS = Action(
    name="synonyms",
    kind=Operation.Kind.SYNONYMS,
    title=_("Put synonyms…"),
    button=_("Put the synonyms"),
    plan=lambda definition, asked: plan_synonyms(definition),
    tell=tell_synonyms,
    execute=put_synonyms,
    # Offered only if something differs, because a saved rule is put immediately.
    fits=never,
    mends=True,
)
PREVIEW = Action(
    name="preview_swap",
    kind=Operation.Kind.PREVIEW,
    title=_("Preview a swap…"),
    button=_("Compare both generations"),
    plan=_plan_preview,
    tell=tell_preview,
    execute=run_preview,
    # Linked from the plan of a swap, and from a rebuild that waits for its swap.
    fits=never,
    background=lambda plan: works_in_background(),
    enqueue="enqueue_preview",
    parameter="generation",
    following=lambda operation: ("swap",),
)
DELETE = Action(
    name="delete_generation",
    kind=Operation.Kind.DELETE,
    title=_("Delete…"),
    button=_("Delete the generation"),
    plan=_plan_delete,
    tell=tell_delete,
    execute=delete_index,
    fits=never,  # for one of its generations
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
