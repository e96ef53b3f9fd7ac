"""Measure how good the results of the judged searches are."""

from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...insight.judgements.judge import JudgeResult, judge
from ..command import ElasticsearchCommand, Exit, share


@dataclass(frozen=True)
class JudgedSearchDocument:
    """One judged search. The figures are for its first ten results, the rank for the first 100."""

    search: str
    words: str
    judged: int
    unjudged: int
    hits: int
    precision: float
    reciprocal_rank: float
    ndcg: float
    error: str


@dataclass(frozen=True)
class JudgeDocument:
    """The output of ``es_judge``."""

    index: str
    connection: str
    generation: str
    precision: float
    mrr: float
    ndcg: float
    min_ndcg: float | None
    searches: tuple[JudgedSearchDocument, ...]


class Command(ElasticsearchCommand):
    """Send each judged search, and compare the results with the judgements."""

    help = (
        "Send every judged search to an index, and say how good the answers are: precision of "
        "the first ten, mean reciprocal rank (MRR) and nDCG@10. Nothing is changed."
    )
    examples = (
        " products                      how good are the answers?",
        " products --min-ndcg 0.8       fail below that, as a test",
        " products --generation products-20261121072512-3f9a   before a swap",
    )
    exit_codes = "0 good enough, 1 failed, 2 below --min-ndcg"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the index and the lowest nDCG."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index.")
        parser.add_argument(
            "--generation", default="", metavar="NAME", help="Ask this one instead of the live one."
        )
        parser.add_argument(
            "--min-ndcg", type=share, metavar="N", help="The lowest nDCG@10 that is good enough."
        )

    def handle(
        self,
        *,
        index: str,
        generation: str,
        min_ndcg: float | None,
        connection: str | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Judge.

        Raises:
            CommandError: the results are not good enough.
        """
        [definition] = select_definitions([index], connection)
        result = judge(definition, generation)
        if as_json:
            self.write_json(_document(result, min_ndcg))
        self.say(
            f"{definition.name} ({result.generation}): nDCG@10 {result.ndcg:.3f}, "
            f"precision@10 {result.precision:.3f}, MRR {result.mrr:.3f} of "
            f"{many(len(result.searches), 'judged search', 'judged searches')}, the worst first:"
        )
        for one in result.searches:
            rest = f"{many(one.hits, 'hit')}, {one.unjudged} of the first not judged"
            self.say(
                f"  {one.ndcg:.3f}  {one.precision:.2f}  {one.reciprocal_rank:.2f}  {one.words}"
                f"  ({one.search}: {one.error or rest})"
            )
        if min_ndcg is not None and result.ndcg < min_ndcg:
            raise CommandError(
                f"nDCG@10 is {result.ndcg:.3f}, below {min_ndcg:g}.", returncode=Exit.ATTENTION
            )


def _document(result: JudgeResult, min_ndcg: float | None) -> JudgeDocument:
    return JudgeDocument(
        index=result.definition.name,
        connection=result.definition.using,
        generation=result.generation,
        precision=result.precision,
        mrr=result.mrr,
        ndcg=result.ndcg,
        min_ndcg=min_ndcg,
        searches=tuple(JudgedSearchDocument(**vars(one)) for one in result.searches),
    )
