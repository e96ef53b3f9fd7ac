"""Send the logged and judged searches with two settings."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ...indices.definition import IndexDefinition
from ..ask import Found, ask, index_to_ask
from ..compared import SIZE, Asked, Comparison, Side, compare
from ..searches import KnownSearch
from .setting import Setting, declaration, parts_with, setting_of

SEARCHES = 100
SECONDS = 10.0


@dataclass(frozen=True)
class Tuning:
    """Two settings of one search.

    Args:
        search: the search.
        before: the first setting.
        after: the second setting.
        comparison: the comparison of the results.
        declaration: the declaration of the second setting, to be copied; "" if judgements show that
            it is worse.
        verdict: which setting is better, in a sentence.
    """

    search: KnownSearch
    before: Setting
    after: Setting
    comparison: Comparison
    declaration: str
    verdict: str


def tune(
    definition: IndexDefinition,
    search: KnownSearch,
    after: Setting,
    before: Setting | None = None,
    *,
    searches: int = SEARCHES,
    seconds: float = SECONDS,
) -> Tuning:
    """Return the results of a search with another setting, compared with the current ones.

    Args:
        after: the other setting.
        before: the setting to compare with; by default the current one.
        searches: the maximum number of logged searches to send.
        seconds: the time for all requests together; searches without an answer by then are
            left out.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    index = index_to_ask(definition, "")

    def side(setting: Setting | None) -> Side:
        def ask_some(some: Sequence[Asked]) -> list[Found]:
            parts = [
                parts_with(definition, question, each, setting) if setting else each
                for question, each in some
            ]
            return ask(definition, index, parts, SIZE)

        return ask_some

    comparison = compare(
        definition,
        side(before),
        side(after),
        searches=searches,
        seconds=seconds,
        only=search,
    )
    was, now = comparison.ndcg_before, comparison.ndcg_after
    worse = was is not None and now is not None and now < was
    return Tuning(
        search=search,
        before=before or setting_of(search),
        after=after,
        comparison=comparison,
        declaration="" if worse else declaration(definition, search, after),
        verdict=_verdict(comparison),
    )


def _verdict(comparison: Comparison) -> str:
    was, now = comparison.ndcg_before, comparison.ndcg_after
    if was is None or now is None:
        return _("No search is judged, so nobody can say which is better.")
    values = {"before": f"{was:.3f}", "after": f"{now:.3f}"}
    if now > was:
        text = _("The other setting is better: nDCG@10 is %(after)s instead of %(before)s.")
    elif now < was:
        text = _("The other setting is worse: nDCG@10 is %(after)s instead of %(before)s.")
    else:
        text = _("By the judgements, both are equally good: nDCG@10 is %(before)s.")
    return text % values
