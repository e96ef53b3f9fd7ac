"""Show why an object is found for some words, or is not."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ...counted import many
from ...indices.definition import select_definitions
from ...insight.searches import find_search
from ...insight.why.reason import Why
from ...insight.why.sentence import sentence
from ...insight.why.why import explain_why
from ..command import ElasticsearchCommand, Exit
from ..printed.why_json import make_why_document


class Command(ElasticsearchCommand):
    """Check one object step by step: row, queryset, outbox, document, filters, words."""

    help = (
        "Say why the search for some words finds an object, or does not find it: first the "
        "reason, then the tokens of each word and the values of each field. Nothing is changed."
    )
    examples = (
        ' products 17 "trail shoe"                             why (not)?',
        ' products 17 "trail shoe" --search ProductSearchService   as that service searches',
        ' products 17 "trail shoe" --filters \'{"brand": "Acme"}\'   with a filter',
        ' products 17 "trail shoe" --json | jq .reason',
    )
    exit_codes = "0 found, 1 failed, 2 not found"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the object, the words and the search."""
        super().add_arguments(parser)
        parser.add_argument("index", metavar="INDEX", help="A declared index.")
        parser.add_argument("key", metavar="PK", help="The primary key of the object.")
        parser.add_argument("words", metavar="WORDS", help="The words of the search, in quotes.")
        parser.add_argument(
            "--search",
            default="",
            metavar="NAME",
            help=(
                "The class of a search service of the site, or `all fields`; the first service of "
                "the index by name if omitted."
            ),
        )

        parser.add_argument(
            "--filters",
            default="",
            metavar="JSON",
            help="Filters that the visitor chose, as the log of searches has them.",
        )

    def handle(
        self,
        *,
        index: str,
        key: str,
        words: str,
        search: str,
        filters: str,
        connection: str | None,
        as_json: bool,
        **options: Any,
    ) -> None:
        """Show the reason.

        Raises:
            CommandError: the object is not found.
        """
        [definition] = select_definitions([index], connection)
        known = find_search(definition, search)
        why = explain_why(definition, key, words, known, filters=filters)
        if as_json:
            self.write_json(make_why_document(why))
        self._describe(why)
        if not why.found:
            text = f"Object {key} of {definition.name} is not found: {why.reason.value}."
            raise CommandError(text, returncode=Exit.ATTENTION)

    def _describe(self, why: Why) -> None:
        self.say(sentence(why))
        self.say(f"  search: {why.search}")
        for each in why.filters:
            wanted, has = ", ".join(each.wanted), ", ".join(each.has) or "no value"
            self.say(f"  filter {each.path}: wants {wanted}; has {has}")
        for word in why.words:
            self.say(f"  {word.word}:{' dropped by analysis' if word.dropped else ''}")
            for told in word.fields:
                sign = "matches" if told.matches else "no match"
                has = ", ".join(told.has) or "no value"
                more = f" and {told.more} more" if told.more else ""
                self.say(f"    {told.path}: {sign}; has {has}{more}")
        if why.score is not None:
            self.say(f"  score {why.score:.3f}:")
            for part in why.score_parts:
                where = f"“{part.term}” in {part.field}" if part.field else part.term
                self.say(f"    {part.value:.3f}  {where}")
        if why.differs:
            self.say("  The document in the index differs from the database.")
        if why.waiting:
            waiting = many(why.waiting, "of its changes waits", "of its changes wait")
            self.say(f"  {waiting} in the outbox.")
