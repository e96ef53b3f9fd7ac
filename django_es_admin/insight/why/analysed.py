"""What the analyzers make of words, and of the values of a document, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...backends.abstracts import Base
from ...backends.errors import understood
from ...backends.transport.deadline import Deadline
from ...indices.described import ask_despite_blocks
from ...indices.diff import flatten
from ...indices.inspection.analysis import analyze
from ...indices.inspection.terms import TEXTS
from ...indices.live import read_fields

MOST_CHARACTERS = 10_000
"""The maximum length of a value to analyze, because an index limits the number of tokens."""

_DEFAULT_SEARCH = "index.analysis.analyzer.default_search."


@dataclass(frozen=True)
class LiveFields:
    """The fields of one live index as the cluster has them.

    Args:
        connection: the connection of the index.
        index: the name or alias of the index.
        deadline: the time limit of the answer.
        mappings: the mappings of the index. has_default_search: whether the index has an analyzer
            for all searches.
    """

    connection: Base
    index: str
    deadline: Deadline
    mappings: Mapping[str, Any]
    has_default_search: bool

    @cached_property
    def flat(self) -> dict[str, dict[str, Any]]:
        """Path of each field -> its definition."""
        return flatten(self.mappings)

    def is_text(self, path: str) -> bool:
        """Return whether a field is indexed word by word."""
        return self.flat.get(path, {}).get("type") in TEXTS

    def is_indexed(self, path: str) -> bool:
        """Return whether a field can be searched at all."""
        own = self.flat.get(path, {})
        parents = [path.rsplit(".", n)[0] for n in range(1, path.count(".") + 1)]
        enabled = [self.flat.get(one, {}).get("enabled", True) for one in parents]
        return str(own.get("index", True)).lower() != "false" and all(
            str(each).lower() != "false" for each in enabled
        )

    def sought(self, path: str, word: str) -> tuple[str, ...]:
        """Return the tokens that are searched in a field for a word."""
        own = self.flat.get(path, {})
        if own.get("type") == "keyword":
            return (word,)
        if not self.is_text(path):
            return (word,)
        analyzer = str(own.get("search_analyzer", ""))
        if not analyzer and "analyzer" not in own and self.has_default_search:
            analyzer = "default_search"
        return self._analyze(path, word, analyzer)

    def made_of(self, path: str, values: Sequence[str]) -> tuple[str, ...]:
        """Return the tokens that a field contains for the values of a document."""
        own = self.flat.get(path, {})
        if self.is_text(path):
            return tuple(
                token for value in values for token in self._analyze(path, value[:MOST_CHARACTERS])
            )
        with understood(self.connection):
            longest = int(own.get("ignore_above", 0) or 0)
        return tuple(value for value in values if not longest or len(value) <= longest)

    def _analyze(self, path: str, text: str, analyzer: str = "") -> tuple[str, ...]:
        tokens = analyze(
            self.connection, self.index, self.deadline, text, analyzer=analyzer, field=path
        )
        return tuple(dict.fromkeys(token.text for token in tokens))

    def copied_to(self, path: str) -> Iterator[str]:
        """Yield the other fields whose values a field also has."""
        for other, own in self.flat.items():
            targets = own.get("copy_to", ())
            if path in ([targets] if isinstance(targets, str) else targets):
                yield other

    def values(self, source: Mapping[str, Any] | None, path: str) -> tuple[str, ...]:
        """Return the values of a document in a field, as text."""
        holder = self._holder(path)
        own = list(_walk(source or {}, holder.split(".")))
        for other in self.copied_to(path):
            own += _walk(source or {}, other.split("."))
        return tuple(own)

    def _holder(self, path: str) -> str:
        """Return the field that has the value of a multi-field."""
        parent, _, _ = path.rpartition(".")
        kind = self.flat.get(parent, {}).get("type", "")
        return self._holder(parent) if parent and kind not in ("object", "nested", "") else path


def _walk(value: Any, steps: Sequence[str]) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _walk(one, steps)
    elif not steps:
        if isinstance(value, bool):
            yield str(value).lower()
        elif value is not None and not isinstance(value, Mapping):
            yield str(value)
    elif isinstance(value, Mapping):
        yield from _walk(value.get(steps[0]), steps[1:])


def read_fields_of(connection: Base, index: str, deadline: Deadline) -> LiveFields:
    """Return the fields of a live index.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    told = ask_despite_blocks(
        connection,
        index,
        deadline,
        lambda client, names: client.indices.get(
            index=names, features=["mappings", "settings"], flat_settings=True
        ),
    )
    with understood(connection):
        [body] = list(told.bodies.values())[:1]
        own = any(name.startswith(_DEFAULT_SEARCH) for name in body["settings"])
        return LiveFields(connection, index, deadline, read_fields(body["mappings"]), own)
