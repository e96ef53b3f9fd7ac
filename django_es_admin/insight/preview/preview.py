"""Send the same searches to two generations."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...exceptions import GenerationUnknown
from ...indices.definition import IndexDefinition
from ...lifecycle.generations.table import generations_of
from ...models import Generation
from ..ask import Found, ask, index_to_ask
from ..compared import SIZE, Asked, Comparison, OnBatch, Side, compare, tell_nobody

SEARCHES = 200
SECONDS = 60.0


@dataclass(frozen=True)
class Preview(Comparison):
    """What a swap would change.

    Args:
        definition: the index.
        live: the generation that is searched now.
        generation: the generation that would be searched.
    """

    definition: IndexDefinition
    live: str
    generation: str


def preview(
    definition: IndexDefinition,
    generation: str = "",
    *,
    searches: int = SEARCHES,
    seconds: float = SECONDS,
    on_batch: OnBatch = tell_nobody,
) -> Preview:
    """Return what a swap would change for frequent searches and for judged searches.

    Args:
        generation: the generation that would become live; "" for the newest that is not live.
        searches: the maximum number of logged searches to send.
        seconds: the time for all requests together; searches without an answer by then are
            left out.
        on_batch: called before each batch; an exception ends the preview.

    Raises:
        GenerationUnknown: there is no such generation, or none beside the live one.
        IndexMissing: there is no live generation.
        ElasticsearchAdminError: a request failed.
    """
    target = index_to_ask(definition, generation) if generation else newest(definition)
    # By its name, so that the comparison stays the same if the alias is moved.
    live = index_to_ask(definition, "")
    result = compare(
        definition,
        _asking(definition, live),
        _asking(definition, target),
        searches=searches,
        seconds=seconds,
        on_batch=on_batch,
    )
    return Preview(
        asked=result.asked,
        left_out=result.left_out,
        changes=result.changes,
        ndcg_before=result.ndcg_before,
        ndcg_after=result.ndcg_after,
        definition=definition,
        live=live,
        generation=target,
    )


def _asking(definition: IndexDefinition, index: str) -> Side:
    def side(some: Sequence[Asked]) -> list[Found]:
        return ask(definition, index, [parts for _question, parts in some], SIZE)

    return side


def newest(definition: IndexDefinition) -> str:
    """Return the newest generation that is not live and gets each change.

    Raises:
        GenerationUnknown: there is no such generation.
    """
    others = generations_of(definition).exclude(role=Generation.Role.LIVE)
    wanted = others.filter(role__in=(Generation.Role.BUILDING, Generation.Role.STANDBY))
    found = wanted.order_by("-pk").first()
    if found is None:
        raise GenerationUnknown(
            f"{definition.name} has no generation beside the live one: `manage.py es_rebuild "
            f"{definition.name} --no-swap` makes one."
        )
    return found.name
