"""Judge searches in a new generation before the swap, if the rebuild asks for it.

The functions that judge a search are in ``insight``, which registers them here.
"""

from dataclasses import dataclass
from typing import Protocol

from ...counted import many
from ...exceptions import SearchesWorse
from ...indices.definition import IndexDefinition

ALIKE = 1e-6
"""A difference up to this counts as none."""


@dataclass(frozen=True)
class Judged:
    """How good the results of a new generation are.

    Args:
        generation: the new generation.
        live: the live generation it was compared with; "" if there is none.
        searches: how many searches were judged.
        ndcg: the average nDCG@10 of the new generation.
        ndcg_live: the average nDCG@10 of the live generation; None if there is none.
        worst: the words of the search that got worse most; "" if none did.
    """

    generation: str
    live: str
    searches: int
    ndcg: float
    ndcg_live: float | None
    worst: str

    def require(self, definition: IndexDefinition, least: float) -> None:
        """Close the gate if the results are not good enough.

        Args:
            least: the lowest nDCG@10 that is good enough.

        Raises:
            SearchesWorse: the results are below it, or worse than those of the live generation.
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
    """Judges the searches of an index."""

    def find_refusal(self, definition: IndexDefinition) -> str:
        """Return why the searches of an index cannot be judged; "" if they can."""

    def judge(self, definition: IndexDefinition, generation: str) -> Judged:
        """Send the searches to a generation and to the live one, and judge the results.

        Raises:
            GateClosed: the searches can no longer be judged.
            ElasticsearchAdminError: a request failed.
        """


_judges: list[Judge] = []


def let_judge(judge: Judge) -> None:
    """Register what judges searches, for a package below this one."""
    _judges[:] = [judge]


def the_judge() -> Judge:
    """Return what judges searches."""
    [judge] = _judges
    return judge
