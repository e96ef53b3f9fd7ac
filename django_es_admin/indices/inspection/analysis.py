"""The tokens that an analyzer makes of a text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline

# The analyzers without options in "Built-in analyzer reference" of the Elasticsearch reference.
BUILT_IN = ("standard", "simple", "whitespace", "stop", "keyword", "pattern", "fingerprint")
_OWN = "index.analysis.analyzer."


@dataclass(frozen=True)
class Token:
    """One token.

    Args:
        text: the text of the token, as it is indexed.
        start: the place of its first character in the analyzed text.
        end: the place after its last character.
        position: the position of the word; several tokens may have the same position.
    """

    text: str
    start: int
    end: int
    position: int
    kind: str


def analyzers_of(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the analyzers that an index defines, then the built-in ones.

    Args:
        settings: the flat settings of the index.
    """
    own = {name.removeprefix(_OWN).partition(".")[0] for name in settings if name.startswith(_OWN)}
    return (*sorted(own), *(name for name in BUILT_IN if name not in own))


def analyze(
    connection: Base, index: str, deadline: Deadline, text: str, *, analyzer: str, field: str
) -> tuple[Token, ...]:
    """Return the tokens that an index makes of ``text``.

    Args:
        analyzer: the name of the analyzer; "" for that of ``field``.
        field: the path of a field; "" for the index's default analyzer, unless ``analyzer`` is
            given.

    Raises:
        ServerRefused: there is no such analyzer.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.indices.analyze(
            index=index,
            text=text,
            analyzer=analyzer or None,
            field=field or None if not analyzer else None,
        )
    with understood(connection):
        return tuple(
            Token(
                str(each["token"]),
                each["start_offset"],
                each["end_offset"],
                each["position"],
                each["type"],
            )
            for each in answer["tokens"]
        )


def leaves_nothing(
    connection: Base, index: str, deadline: Deadline, text: str, chain: Mapping[str, Any]
) -> bool:
    """Return whether a part of an analyzer makes no token of ``text``.

    Args:
        chain: ``tokenizer``, ``filter`` and ``char_filter``, with their names in the index.

    Raises:
        ServerRefused: the index has no such filter.
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.indices.analyze(index=index, text=text, **chain)
    with understood(connection):
        return not answer["tokens"]
