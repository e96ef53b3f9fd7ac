"""Make a query from a search with operators: phrases, -not, field:value, price:>10, AND, OR."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from ...documents import Document
from ...exceptions import SearchUnreadable
from ..text.fields import Query, SearchField, inside, read_fields
from ..text.query import Matching, build_query, build_value, is_pattern
from ..text.values import between, equal, is_compared, is_valued
from ..text.words import read_words
from .reading import read_search
from .tree import Between, Filled, Joined, Named, Names, Node, Not, Phrase, Word


def read_names(document: type[Document], specs: Iterable[str]) -> Names:
    """Return the fields that a search may name.

    Raises:
        SearchMisdeclared: one of ``specs`` cannot be read.
    """
    return {field.path: field for field in read_fields(document, specs)}


def is_plain(term: str, names: Names) -> bool:
    """Return whether a search has only words. False if it cannot be understood."""
    try:
        return read_search(term, names).tree is None
    except SearchUnreadable:
        return False


def build_advanced(
    fields: Sequence[SearchField], names: Names, term: str, matching: Matching
) -> Query:
    """Return the query for a search that may have operators.

    Args:
        fields: the fields for words without a field name.
        names: name -> the field with this name.

    Raises:
        SearchUnreadable: the search cannot be understood. The error says where, and why.
    """
    tree = read_search(term, names).tree
    if tree is None:
        return build_query(fields, read_words(term), matching)
    return _Builder(matching).build(tree, fields)


class _Builder:
    def __init__(self, matching: Matching) -> None:
        self._matching = matching

    def build(self, node: Node, fields: Sequence[SearchField]) -> Query:
        """Return the query for a node of the tree, in ``fields``."""
        match node:
            case Word():
                return self._word(node, fields)
            case Phrase():
                return self._phrase(node, fields)
            case Named():
                return self.build(node.part, [node.field])
            case Not():
                return {"bool": {"must_not": self._unwanted(node, fields)}}
            case Between():
                return self._between(node, fields)
            case Filled():
                return _any([inside(f, {"exists": {"field": f.path}}) for f in fields])
            case Joined():
                return self._joined(node, fields)

    def _word(self, word: Word, fields: Sequence[SearchField], *, is_beside: bool = False) -> Query:
        if all(is_valued(field) for field in fields):
            return _any([equal(field, word.text, word.place) for field in fields])
        if is_pattern(word.text) and not any(f.is_text or f.is_keyword for f in fields):
            raise SearchUnreadable(
                _("* and ? stand for other letters only in texts and keywords."), word.place
            )
        return build_query(fields, read_words(word.text), self._matching, is_beside=is_beside)

    def _phrase(self, phrase: Phrase, fields: Sequence[SearchField]) -> Query:
        found = []
        for field in fields:
            if field.is_text:
                words = {"query": phrase.text, "boost": field.boost}
                found.append(inside(field, {"match_phrase": {field.path: words}}))
            elif field.is_keyword:
                value = {"value": phrase.text, "case_insensitive": True, "boost": field.boost}
                found.append(inside(field, {"term": {field.path: value}}))
        if not found and all(is_valued(field) for field in fields):
            return _any([equal(field, phrase.text, phrase.place) for field in fields])
        # A value without words, such as an IP address.
        others = [f for f in fields if not (f.is_text or f.is_keyword or is_valued(f))]
        return _any([*found, *(build_value(field, phrase.text) for field in others)])

    def _unwanted(self, node: Not, fields: Sequence[SearchField]) -> Query:
        """Return the query for an excluded word: exactly this word, without similar ones."""
        matching = self._matching
        self._matching = replace(matching, fuzziness=0)
        try:
            return self.build(node.part, fields)
        finally:
            self._matching = matching

    def _between(self, node: Between, fields: Sequence[SearchField]) -> Query:
        if not all(is_compared(field) for field in fields):
            raise SearchUnreadable(
                _("Only numbers and dates of a named field are compared, as in price:>10."),
                node.place,
            )
        bounds = {side: (bound.text, bound.place) for side, bound in node.bounds}
        return _any([between(field, bounds) for field in fields])

    def _joined(self, node: Joined, fields: Sequence[SearchField]) -> Query:
        """Join parts. A document with an excluded part is never a hit."""
        every = node.by == "AND" or (not node.by and self._matching.operator == "and")
        parts = list(node.parts)
        wanted: list[Query] = []
        words = [part for part in parts if isinstance(part, Word)]
        if len(words) > 1 and not all(is_valued(field) for field in fields):
            # Words without an operator between them rank together, as in other searches.
            parts = [part for part in parts if part not in words]
            text = " ".join(word.text for word in words)
            matching = replace(self._matching, operator="and" if every else "or")
            wanted.append(build_query(fields, read_words(text), matching))
        never = []
        others = any(not isinstance(part, Word | Not) for part in parts)
        for part in parts:
            if isinstance(part, Not) and (part.sign or every):
                never.append(self._unwanted(part, fields))
            elif isinstance(part, Word):
                wanted.append(self._word(part, fields, is_beside=every and others))
            else:
                wanted.append(self.build(part, fields))
        query: Query = {"must_not": never} if never else {}
        if every:
            query["must"] = wanted
        elif wanted:
            query |= {"should": wanted, "minimum_should_match": 1}
        return {"bool": query}


def _any(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": list(queries)}}
