"""The ``--json`` output of ``es_why``, which is public."""

from dataclasses import dataclass

from ...insight.why.reason import Why
from ...insight.why.sentence import sentence


@dataclass(frozen=True)
class FieldOfWordDocument:
    """One field: the tokens that are searched, and the tokens it contains."""

    field: str
    matches: bool
    sought: tuple[str, ...]
    has: tuple[str, ...]


@dataclass(frozen=True)
class WordDocument:
    """One word of the search."""

    word: str
    dropped: bool
    fields: tuple[FieldOfWordDocument, ...]


@dataclass(frozen=True)
class FilterDocument:
    """One filter of the search."""

    field: str
    wanted: tuple[str, ...]
    has: tuple[str, ...]
    passes: bool


@dataclass(frozen=True)
class ScorePartDocument:
    """A part of the score."""

    field: str
    term: str
    value: float


@dataclass(frozen=True)
class WhyDocument:
    """The output of ``es_why``."""

    index: str
    key: str
    words: str
    search: str
    found: bool
    reason: str
    sentence: str
    rank: int | None
    hits: int | None
    score: float | None
    score_parts: tuple[ScorePartDocument, ...]
    by_word: tuple[WordDocument, ...]
    filters: tuple[FilterDocument, ...]
    differs: bool
    waiting: int


def make_why_document(why: Why) -> WhyDocument:
    """Return the printed document for an answer."""
    return WhyDocument(
        index=why.index,
        key=why.key,
        words=why.text,
        search=why.search,
        found=why.found,
        reason=why.reason.value,
        sentence=sentence(why),
        rank=why.rank,
        hits=why.hits,
        score=why.score,
        score_parts=tuple(ScorePartDocument(p.field, p.term, p.value) for p in why.score_parts),
        by_word=tuple(
            WordDocument(
                word.word,
                word.dropped,
                tuple(
                    FieldOfWordDocument(told.path, told.matches, told.sought, told.has)
                    for told in word.fields
                ),
            )
            for word in why.words
        ),
        filters=tuple(FilterDocument(f.path, f.wanted, f.has, f.passes) for f in why.filters),
        differs=why.differs,
        waiting=why.waiting,
    )
