"""Delete all generations of a connection that are no longer needed."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..indices.definition import get_definitions
from ..status.figures import read_figures
from .prune import Doomed, PrunePlan, PruneResult, plan_prune, prune


@dataclass(frozen=True)
class SpacePlan:
    """The plan of ``free_space``.

    Args:
        connection: alias of the connection.
        builds: whether builds that no process works on are deleted, too.
        prunes: a plan for each index with a generation to delete.
    """

    connection: str
    builds: bool
    prunes: tuple[PrunePlan, ...]

    @property
    def found(self) -> Mapping[str, Doomed]:
        """The details of each generation to delete."""
        return {name: plan.found[name] for plan in self.prunes for name in plan.doomed}

    @property
    def size(self) -> int:
        """The size in bytes that is freed, as far as known, without replicas."""
        return sum(plan.size for plan in self.prunes)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why the operation cannot be done; empty if it can."""
        return tuple(dict.fromkeys(text for plan in self.prunes for text in plan.refusals))


def plan_space(connection: str, *, builds: bool = False) -> SpacePlan:
    """Return the plan of :func:`free_space`. Indices without anything to delete need no request.

    Args:
        connection: alias of the connection. builds: also delete builds that wait for their swap, or
            were stopped at the gate.

    Raises:
        ElasticsearchAdminError: a request failed.
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
    """Delete the generations of the plan that are still not needed, one operation per index.

    Raises:
        OperationRefused: a plan has refusals; the plans before it were carried out.
        ElasticsearchAdminError: a request failed.
    """
    return tuple(prune(each) for each in plan.prunes)
