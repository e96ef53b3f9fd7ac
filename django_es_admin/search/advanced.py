"""From a search with operators to a query: phrases, -not, field:value, price:>10, AND, OR."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from luqum import tree
from luqum.exceptions import ParseError

from ..documents import Document
from ..exceptions import SearchUnreadable
from .fields import SearchField, read_fields
from .grammar import get_parser
from .lookups import find_source
from .query import Matching, Query, build_query, inside
from .values import between, equal, is_compared, is_valued
from .words import MAX_CHARACTERS, MAX_WORDS, read_words

# What is deeper than this was not typed by anybody.
MAX_DEPTH = 30

Names = Mapping[str, SearchField]


def read_names(document: type[Document], specs: Iterable[str]) -> Names:
    """Return the fields that a search may name.

    Raises:
        SearchMisdeclared: one of ``specs`` cannot be read.
    """
    return {field.path: _dated(document, field) for field in read_fields(document, specs)}


def _dated(document: type[Document], field: SearchField) -> SearchField:
    source = find_source(document, field.path)
    is_day = source is not None and source[1].get_internal_type() == "DateField"
    return replace(field, is_zoned=not is_day)


class _Lexer:
    """luqum's, which remembers where it is: its errors tell the place in their text alone."""

    def __init__(self) -> None:
        self._lexer = get_parser().lexer.clone()
        self.place = 0

    def input(self, text: str) -> None:
        self._lexer.input(text)

    def token(self) -> Any:
        try:
            found = self._lexer.token()
        except ParseError:
            self.place = self._lexer.lexpos
            raise
        self.place = len(self._lexer.lexdata) if found is None else found.lexpos
        return found


def is_plain(term: str) -> bool:
    """Whether a search is words without an operator; False for one that cannot be read."""
    if "\\" in term:
        return False
    try:
        root = _parse(term)
    except SearchUnreadable:
        return False
    return isinstance(root, tree.Word) or (
        isinstance(root, tree.UnknownOperation)
        and all(isinstance(part, tree.Word) for part in root.children)
    )


def build_advanced(
    fields: Sequence[SearchField], names: Names, term: str, matching: Matching
) -> Query:
    """Return the query for a search with operators.

    Args:
        fields: where words without a name are looked for.
        names: name -> the field that a search may name so.

    Raises:
        SearchUnreadable: it cannot be read; the error says where, and why.
    """
    return _Builder(names, matching).build(_parse(term), fields)


def _parse(term: str) -> Any:
    # JSON has no lone surrogates.
    term = term.encode("utf-8", "replace").decode().replace("\0", " ")
    if len(term.split()) > MAX_WORDS or len(term) > MAX_WORDS * MAX_CHARACTERS:
        raise SearchUnreadable(
            _("A search with operators takes %(words)s words.") % {"words": MAX_WORDS}, len(term)
        )
    reading = _Lexer()
    try:
        return get_parser().parser.parse(term, lexer=reading)
    except ParseError as error:
        if reading.place >= len(term):
            raise SearchUnreadable(_("Something is missing at the end."), len(term)) from error
        raise SearchUnreadable(_("This is not understood here."), reading.place) from error


class _Builder:
    def __init__(self, names: Names, matching: Matching) -> None:
        self._names = names
        self._matching = matching
        self._depth = 0

    def build(self, node: Any, fields: Sequence[SearchField]) -> Query:
        """Return the query for a node of the tree, looked for in ``fields``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SearchUnreadable(_("This is too deep."), _place(node))
        for kind, build in self._builders:
            if isinstance(node, kind):
                query = build(self, node, fields)
                self._depth -= 1
                return query
        raise SearchUnreadable(_("This operator is not supported."), _place(node))

    def _word(self, node: Any, fields: Sequence[SearchField]) -> Query:
        text = _text(node)
        if all(is_valued(field) for field in fields):
            return _any([equal(field, text, _place(node)) for field in fields])
        return build_query(fields, read_words(text), self._matching)

    def _phrase(self, node: Any, fields: Sequence[SearchField]) -> Query:
        text = _text(node)
        found = []
        for field in fields:
            if field.is_text:
                words = {"query": text, "boost": field.boost}
                found.append(inside(field, {"match_phrase": {field.path: words}}))
            elif field.is_keyword:
                value = {"value": text, "case_insensitive": True, "boost": field.boost}
                found.append(inside(field, {"term": {field.path: value}}))
        if not found:
            return _any([equal(field, text, _place(node)) for field in fields])
        return _any(found)

    def _named(self, node: Any, fields: Sequence[SearchField]) -> Query:
        field = self._names.get(node.name)
        if field is None:
            raise SearchUnreadable(
                _("There is no field “%(name)s” to search.") % {"name": node.name}, _place(node)
            )
        return self.build(node.expr, [field])

    def _group(self, node: Any, fields: Sequence[SearchField]) -> Query:
        return self.build(node.children[0], fields)

    def _not(self, node: Any, fields: Sequence[SearchField]) -> Query:
        return {"bool": {"must_not": self._unwanted(node, fields)}}

    def _unwanted(self, node: Any, fields: Sequence[SearchField]) -> Query:
        """Return the query for what must not be: just that word, and not those like it."""
        matching = self._matching
        self._matching = replace(matching, fuzziness=0)
        try:
            return self.build(node.children[0], fields)
        finally:
            self._matching = matching

    def _open_range(self, node: Any, fields: Sequence[SearchField]) -> Query:
        side = "gt" if isinstance(node, tree.From) else "lt"
        return self._between(node, fields, {side + ("e" if node.include else ""): node.a})

    def _range(self, node: Any, fields: Sequence[SearchField]) -> Query:
        bounds = {
            "gte" if node.include_low else "gt": node.low,
            "lte" if node.include_high else "lt": node.high,
        }
        given = {key: bound for key, bound in bounds.items() if _text(bound) != "*"}
        return self._between(node, fields, given)

    def _between(self, node: Any, fields: Sequence[SearchField], given: Mapping[str, Any]) -> Query:
        if not all(is_compared(field) for field in fields):
            raise SearchUnreadable(
                _("Only numbers and dates of a named field are compared, as in price:>10."),
                _place(node),
            )
        bounds = {key: (_text(bound), _place(bound)) for key, bound in given.items()}
        return _any([between(field, bounds) for field in fields])

    def _both(self, node: Any, fields: Sequence[SearchField]) -> Query:
        return self._joined(node, fields, every=True)

    def _either(self, node: Any, fields: Sequence[SearchField]) -> Query:
        return self._joined(node, fields, every=False)

    def _side_by_side(self, node: Any, fields: Sequence[SearchField]) -> Query:
        return self._joined(node, fields, every=self._matching.operator == "and")

    def _joined(self, node: Any, fields: Sequence[SearchField], *, every: bool) -> Query:
        """Join parts; what must not be is never a hit, whatever else is."""
        parts = list(node.children)
        wanted: list[Query] = []
        words = [part for part in parts if isinstance(part, tree.Word)]
        if len(words) > 1 and not all(is_valued(field) for field in fields):
            # Words side by side rank together, as they do without operators.
            parts = [part for part in parts if part not in words]
            text = " ".join(_text(word) for word in words)
            matching = replace(self._matching, operator="and" if every else "or")
            wanted.append(build_query(fields, read_words(text), matching))
        never = []
        for part in parts:
            if isinstance(part, tree.Prohibit) or (every and isinstance(part, tree.Not)):
                never.append(self._unwanted(part, fields))
            else:
                wanted.append(self.build(part, fields))
        query: Query = {"must_not": never} if never else {}
        if every:
            query["must"] = wanted
        elif wanted:
            query |= {"should": wanted, "minimum_should_match": 1}
        return {"bool": query}

    _builders: tuple[tuple[Any, Callable[["_Builder", Any, Sequence[SearchField]], Query]], ...] = (
        (tree.Word, _word),
        (tree.Phrase, _phrase),
        (tree.SearchField, _named),
        (tree.BaseGroup, _group),
        (tree.Plus, _group),
        ((tree.Not, tree.Prohibit), _not),
        ((tree.From, tree.To), _open_range),
        (tree.Range, _range),
        (tree.AndOperation, _both),
        (tree.OrOperation, _either),
        (tree.UnknownOperation, _side_by_side),
    )


def _any(queries: Sequence[Query]) -> Query:
    return queries[0] if len(queries) == 1 else {"dis_max": {"queries": list(queries)}}


def _text(node: Any) -> str:
    """Return what a word, a phrase or a bound says, without quotes and escapes."""
    if isinstance(node, tree.Prohibit):
        return f"-{_text(node.children[0])}"
    text = str(node.value)
    if isinstance(node, tree.Phrase):
        text = text[1:-1]
    plain, *rest = text.split("\\")
    return plain + "".join(part or "\\" for part in rest)


def _place(node: Any) -> int:
    return int(node.pos or 0)
