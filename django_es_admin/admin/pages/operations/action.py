"""One verb: all that its button, its plan, its execution and its page need."""

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
    """How one verb is offered for many indices at once.

    Args:
        title: of the page.
        button: that leads there; a plural.
    """

    title: str | Promise
    button: Any


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
        waits_for_rebuild: whether it has no plan while a rebuild of the index goes on.
        mends: whether a problem that names it is enough to offer it, whatever ``fits`` says.
        following: the names of the actions that suggest themselves once it has ended well.
        has_work: whether it has anything to do after another one.
        for_many: how it is offered for many indices at once; None if it is not.
        moves_alias: whether its plan links to what it would change for those who search.
        judges: whether its plan may ask the judged searches before.
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


def works_in_background() -> bool:
    """Return whether tasks of the background can be asked to do something."""
    try:
        return not _tasks().find_background_refusal()
    except OperationRefused:
        return False
