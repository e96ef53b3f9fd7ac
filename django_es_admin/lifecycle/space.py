"""Delete all generations of a connection that are no longer needed, at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..indices.definition import get_definitions
from ..status.figures import read_figures
from .prune import Doomed, PrunePlan, PruneResult, plan_prune, prune


@dataclass(frozen=True)
class SpacePlan:
    """What ``free_space`` will do.

    Args:
        connection: alias of the connection.
        builds: whether builds that nobody works on go, too.
        prunes: a plan for each index of which something goes.
    """

    connection: str
    builds: bool
    prunes: tuple[PrunePlan, ...]

    @property
    def found(self) -> Mapping[str, Doomed]:
        """What goes with each generation that is deleted."""
        return {name: plan.found[name] for plan in self.prunes for name in plan.doomed}

    @property
    def size(self) -> int:
        """Bytes that it frees, as far as they are known; replicas are not among them."""
        return sum(plan.size for plan in self.prunes)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it cannot be done, empty if it can."""
        return tuple(dict.fromkeys(text for plan in self.prunes for text in plan.refusals))


def plan_space(connection: str, *, builds: bool = False) -> SpacePlan:
    """Return the plan of :func:`free_space`: indices without anything to delete cost no request.

    Args:
        connection: alias.
        builds: also delete builds that wait for their swap, or were stopped at the gate.

    Raises:
        ElasticsearchAdminError: Elasticsearch cannot be asked.
    """
    definitions = [d for d in get_definitions(connection) if d.using == connection]
    figures = read_figures(definitions)
    concerned = [
        definition
        for definition in definitions
        if figures.prunable(definition, ())
        or (builds and any(g.role == g.Role.BUILDING for g in figures.generations(definition)))
    ]
    plans = [plan_prune(definition, builds=builds) for definition in concerned]
    return SpacePlan(connection, builds, tuple(plan for plan in plans if plan.doomed))


def free_space(plan: SpacePlan) -> tuple[PruneResult, ...]:
    """Delete the generations of the plan that are still not needed; one operation for each index.

    Raises:
        OperationRefused: one of the plans has refusals; those before it are done.
        ElasticsearchAdminError: Elasticsearch did not do it.
    """
    return tuple(prune(each) for each in plan.prunes)
