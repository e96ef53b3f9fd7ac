"""Judge the searches of a new generation, which can close the gate of a rebuild."""

from django.utils.translation import gettext as _

from ...exceptions import GateClosed, IndexMissing, NothingJudged, SearchUnknown
from ...indices.definition import IndexDefinition
from ...lifecycle.build.judged import Judged, let_judge
from ...said import Said
from ..searches import find_search
from .judge import JudgeResult, judge, read_grades


class SearchJudge:
    """Judges a generation with the grades that staff gave."""

    def find_refusal(self, definition: IndexDefinition) -> str:
        """Return why the searches of an index cannot be judged; "" if they can."""
        names = {search for search, _words in read_grades(definition)}
        if not names:
            text = _("No search of %(name)s is judged, so there are no judgements to compare.")
            return Said(text, {"name": definition.name})
        try:
            for name in names:
                find_search(definition, name)
        except SearchUnknown as error:
            return str(error)
        return ""

    def judge(self, definition: IndexDefinition, generation: str) -> Judged:
        """Send the searches to a generation and to the live one, and judge the results.

        Raises:
            GateClosed: the judgements, or a judged search, no longer exist.
            ElasticsearchAdminError: a request failed.
        """
        try:
            after = judge(definition, generation)
        except (NothingJudged, SearchUnknown) as error:
            raise GateClosed(f"{generation} cannot be judged: {error}") from error
        try:
            before = judge(definition)
        except IndexMissing:
            before = None
        return Judged(
            generation,
            before.generation if before else "",
            len(after.searches),
            after.ndcg,
            before.ndcg if before else None,
            _worst(before, after) if before else "",
        )


def _worst(before: JudgeResult, after: JudgeResult) -> str:
    was = {(one.search, one.words): one.ndcg for one in before.searches}
    change, words = min(
        (one.ndcg - was[one.search, one.words], one.words) for one in after.searches
    )
    return words if change < 0 else ""


def connect() -> None:
    """Register this judge for rebuilds."""
    let_judge(SearchJudge())
