"""What judged searches find in a new generation: the last look before a swap, if it is asked for.

How a search is judged is known further below, in `insight/`, which connects itself here.
"""

from dataclasses import dataclass
from typing import Protocol

from ...counted import many
from ...exceptions import SearchesWorse
from ...indices.definition import IndexDefinition

ALIKE = 1e-6
"""A difference that is none."""


@dataclass(frozen=True)
class Judged:
    """How good the answers of a new generation are.

    Args:
        generation: that was asked.
        live: the one that it was compared with; "" if there is none.
        searches: how many were judged.
        ndcg: nDCG@10 of the new one, on average.
        ndcg_live: of the live one; None if there is none.
        worst: words of the search that is most worse than before; "" for none.
    """

    generation: str
    live: str
    searches: int
    ndcg: float
    ndcg_live: float | None
    worst: str

    def require(self, definition: IndexDefinition, least: float) -> None:
        """Close the gate where the answers are not good enough.

        Args:
            least: the lowest nDCG@10 that is.

        Raises:
            SearchesWorse: they are below it, or worse than those of the live generation.
        """
        asked = f"nDCG@10 of {many(self.searches, 'judged search', 'judged searches')}"
        if self.ndcg + ALIKE < least:
            why = f"{asked} is {self.ndcg:.3f}, below {least:g}"
        elif self.ndcg_live is not None and self.ndcg + ALIKE < self.ndcg_live:
            worst = f"; the worst is “{self.worst}”" if self.worst else ""
            why = f"{asked} is {self.ndcg:.3f}, and {self.ndcg_live:.3f} with {self.live}{worst}"
        else:
            return
        name = definition.name
        raise SearchesWorse(
            f"{self.generation} is not made live: {why}. The live index is unchanged, and the new "
            f"generation gets each change. `manage.py es_judge {name} --generation "
            f"{self.generation}` shows each search, and `manage.py es_swap_alias {name} --to "
            f"{self.generation}` swaps nevertheless."
        )


class Judge(Protocol):
    """Who judges."""

    def find_refusal(self, definition: IndexDefinition) -> str:
        """Return why the searches of an index cannot be judged; "" if they can."""

    def judge(self, definition: IndexDefinition, generation: str) -> Judged:
        """Ask a generation, and the live one.

        Raises:
            GateClosed: it cannot be judged any more.
            ElasticsearchAdminError: Elasticsearch cannot be asked.
        """


_judges: list[Judge] = []


def let_judge(judge: Judge) -> None:
    """Let a package further below judge."""
    _judges[:] = [judge]


def the_judge() -> Judge:
    """Return who judges."""
    [judge] = _judges
    return judge
