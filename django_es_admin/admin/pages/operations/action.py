"""An action: everything that its button, its plan, its execution and its page need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.models import CHANGE
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ....exceptions import OperationRefused
from ....indices.definition import IndexDefinition
from ....models import Operation
from ....status.figures import Figures
from ....status.status import IndexStatus
from ...rights import RIGHTS, Verb
from .plans.told import Tell

Parameters = Mapping[str, str]

_NO_TASKS = _(
    "django-tasks is not installed, so nothing can run in the background: install "
    "django-tasks-db, or use `manage.py es_rebuild`."
)


def never(plan: Any) -> bool:
    """Return False, whatever the plan is."""
    return False


def always(plan: Any) -> bool:
    """Return True, whatever the plan is."""
    return True


def _nothing(operation: Operation) -> tuple[str, ...]:
    return ()


def _has_work(definition: IndexDefinition, figures: Figures) -> bool:
    return True


@dataclass(frozen=True)
class ForMany:
    """How an action is offered for many indices at once.

    Args:
        title: the title of the page.
        button: the text of the button that leads there; a plural.
    """

    title: str | Promise
    button: Any


@dataclass(frozen=True)
class Action:
    """An action: everything that its button, its plan and its execution need.

    Args:
        name: the last part of its URL, and of its URL name.
        kind: the kind of the operation.
        title: the text of its button, with an ellipsis because a plan follows.
        button: the text of the button that carries out the plan.
        plan: makes the plan, for the parameters of the URL.
        tell: describes the plan.
        execute: carries out the plan within the request.
        fits: returns whether to offer it for a declared index in its current state.
        background: returns whether a plan takes too long for a request, so that a task carries it
            out.
        enqueue: the function of :mod:`django_es_admin.tasks` that queues the task.
        tell_too_long: why a plan that takes too long cannot be carried out without tasks, if there
            is another way to do it.
        destroys: returns whether a plan deletes a physical index, which needs the right to delete,
            and its typed name.
        flag: the flag of the entry in the admin's log.
        parameter: the parameter of its URL for a generation; "" for none.
        note: returns how much it does or frees, for its button; "" for no note.
        waits_for_rebuild: whether it is refused while a rebuild of the index is running.
        mends: whether to offer it if a problem names it, regardless of ``fits``.
        following: the names of the actions to suggest after it has succeeded.
        has_work: returns whether there is anything to do after another action.
        for_many: how it is offered for many indices at once; None if it is not.
        moves_alias: whether its plan links to a preview for users who search.
        judges: whether its plan can require good results of the judged searches.
    """

    name: str
    kind: Operation.Kind
    title: str | Promise
    button: str | Promise
    plan: Callable[[IndexDefinition, Parameters], Any]
    tell: Tell
    execute: Callable[[Any], Any]
    fits: Callable[[IndexStatus], bool]
    background: Callable[[Any], bool] = never
    enqueue: str = ""
    tell_too_long: Callable[[Any], str] | None = None
    destroys: Callable[[Any], bool] = never
    flag: int = CHANGE
    parameter: str = ""
    note: Callable[[IndexStatus], str] = lambda index: ""
    waits_for_rebuild: bool = False
    mends: bool = False
    following: Callable[[Operation], tuple[str, ...]] = _nothing
    has_work: Callable[[IndexDefinition, Figures], bool] = _has_work
    for_many: ForMany | None = None
    moves_alias: bool = False
    judges: bool = False

    @property
    def right(self) -> Verb:
        """The right that the action needs."""
        return RIGHTS[self.kind]

    @property
    def url_name(self) -> str:
        """The name of its URL, without the namespace."""
        return f"elasticsearch_index_{self.name}"

    def carry_out(self, plan: Any) -> Any:
        """Carry out a plan, within the request or with a background task.

        Raises:
            ElasticsearchAdminError: the plan has refusals, or a request failed.
        """
        if self.background(plan):
            return getattr(_tasks(), self.enqueue)(plan)
        return self.execute(plan)

    def find_refusal(self, plan: Any) -> str:
        """Return why the admin cannot carry out a plan for any index; "" if it can."""
        if not self.background(plan):
            return ""
        try:
            refusal: str = _tasks().find_background_refusal()
        except OperationRefused as error:
            refusal = str(error)
        return self.tell_too_long(plan) if refusal and self.tell_too_long else refusal


def _tasks() -> Any:
    try:
        # Before Django 6, tasks are a package that may not be installed.
        from .... import tasks  # noqa: PLC0415
    except ImportError as error:
        raise OperationRefused(str(_NO_TASKS)) from error
    return tasks


def works_in_background() -> bool:
    """Return whether background tasks are available."""
    try:
        return not _tasks().find_background_refusal()
    except OperationRefused:
        return False
