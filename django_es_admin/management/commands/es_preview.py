"""Show what a swap would change for users who search."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...insight.compared import SearchChange, sentence
from ...insight.preview.preview import SEARCHES, SECONDS, Preview, preview
from ..command import ElasticsearchCommand, Exit, count, seconds

_SHOWN = 20


@dataclass(frozen=True)
class ChangeDocument:
    """One search that would change."""

    search: str
    words: str
    filters: str
    order: str
    count: int
    overlap: float
    hits_before: int
    hits_after: int
    milliseconds_before: int
    milliseconds_after: int
    came_in: tuple[str, ...]
    went_out: tuple[str, ...]
    promoted: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class PreviewDocument:
    """The output of ``es_preview``."""

    index: str
    connection: str
    live: str
    generation: str
    sentence: str
    asked: int
    same: int
    lost: int
    left_out: int
    ndcg_before: float | None
    ndcg_after: float | None
    changes: tuple[ChangeDocument, ...]


class Command(ElasticsearchCommand):
    """Send the same searches to the live generation and to another one."""

    help = (
        "Send the most frequent searches, and all judged ones, to the live generation and to "
        "another one, and say what a swap would change. Nothing is changed."
    )
    examples = (
        " products                 the newest generation that is not live",
        " products --searches 50   only the 50 most frequent searches",
        " products --json | jq '.changes[] | select(.hits_after == 0) | .words'",
    )
    exit_codes = "0 no search would lose all its hits, 1 failed, 2 a search would lose all its hits"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the index, the generation and the limits."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index.")
        parser.add_argument(
            "--generation",
            default="",
            metavar="NAME",
            help="The generation that would become live; the newest one that is not live if "
            "omitted.",
        )
        parser.add_argument(
            "--searches",
            type=count,
            default=SEARCHES,
            metavar="N",
            help=f"Send at most N logged searches; {SEARCHES} if omitted.",
        )
        parser.add_argument(
            "--seconds",
            type=seconds,
            default=SECONDS,
            metavar="N",
            help=f"Leave out what is not answered within N seconds; {SECONDS:g} if omitted.",
        )

    def handle(
        self,
        *,
        index: str,
        generation: str,
        searches: int,
        seconds: float,
        connection: str | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Preview.

        Raises:
            CommandError: a search would lose all its hits.
        """
        [definition] = select_definitions([index], connection)
        result = preview(definition, generation, searches=searches, seconds=seconds)
        if as_json:
            self.write_json(_document(result))
        self.say(sentence(result))
        if result.ndcg_before is not None and result.ndcg_after is not None:
            self.say(f"  nDCG@10: {result.ndcg_before:.3f} now, {result.ndcg_after:.3f} after")
        for one in result.changes[:_SHOWN]:
            self._describe(one)
        if len(result.changes) > _SHOWN:
            self.say(f"  and {len(result.changes) - _SHOWN:,} more: --json has all of them.")
        if result.left_out:
            self.say(f"  {many(result.left_out, 'search was', 'searches were')} not asked.")
        if result.lost:
            raise CommandError(
                f"{many(len(result.lost), 'search', 'searches')} would lose all hits.",
                returncode=Exit.ATTENTION,
            )

    def _describe(self, one: SearchChange) -> None:
        def named(keys: Iterable[str]) -> str:
            told = [f"{key} (promoted)" if key in one.promoted else key for key in keys]
            return ", ".join(told) or "nothing"

        text = one.error or (
            f"{many(one.before.total, 'hit')} now, {one.after.total:,} after; "
            f"overlap {one.overlap:.2f}; in {named(one.came_in)}; out {named(one.went_out)}"
        )
        self.say(f"  {one.question.words} ({one.question.search.name}): {text}")


def _document(result: Preview) -> PreviewDocument:
    return PreviewDocument(
        index=result.definition.name,
        connection=result.definition.using,
        live=result.live,
        generation=result.generation,
        sentence=sentence(result),
        asked=result.asked,
        same=result.same,
        lost=len(result.lost),
        left_out=result.left_out,
        ndcg_before=result.ndcg_before,
        ndcg_after=result.ndcg_after,
        changes=tuple(
            ChangeDocument(
                search=one.question.search.name,
                words=one.question.words,
                filters=one.question.filters,
                order=one.question.order,
                count=one.count,
                overlap=one.overlap,
                hits_before=one.before.total,
                hits_after=one.after.total,
                milliseconds_before=one.before.milliseconds,
                milliseconds_after=one.after.milliseconds,
                came_in=one.came_in,
                went_out=one.went_out,
                promoted=one.promoted,
                error=one.error,
            )
            for one in result.changes
        ),
    )
