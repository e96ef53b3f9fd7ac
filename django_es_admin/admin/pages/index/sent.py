"""What the searches of an index send for some words, shown without being sent."""

import json
from dataclasses import dataclass

from django.http import HttpRequest

from ....exceptions import ElasticsearchAdminError
from ....indices.definition import get_definition
from ....indices.inspection.console import curl
from ...rights import IndexPages
from ..parts.format import pretty_json
from .known_searches import searches_for, title_of

MAX_WORDS = 1_000
"""The longest text that is read, in characters."""


@dataclass(frozen=True)
class Sent:
    """What one search sends.

    Args:
        name: of the search.
        title: what people call it.
        path: where it is sent.
        body: as JSON, to read.
        curl: the same for a terminal, without anything secret.
        error: why nothing is sent for these words; "" if something is.
    """

    name: str
    title: str
    path: str = ""
    body: str = ""
    curl: str = ""
    error: str = ""


def read_sent(
    pages: IndexPages, request: HttpRequest, connection: str, index: str, words: str
) -> list[Sent]:
    """Return what each search that the user knows sends for words, for its first page.

    Args:
        connection: alias of the connection.
        index: a name that the project declares.
        words: as they are typed; nothing is sent for blanks.
    """
    words = words[:MAX_WORDS]
    if not words.strip():
        return []
    definition = get_definition(index, connection)
    found = []
    for search in searches_for(pages, request, definition):
        if search.request is None:
            continue
        title = title_of(search)
        try:
            made = search.request(words)
        except ElasticsearchAdminError as error:
            found.append(Sent(search.name, title, error=str(error)))
            continue
        text = json.dumps(made.body, ensure_ascii=False, default=str)
        line = curl(definition.connection, made.path, text)
        found.append(Sent(search.name, title, made.path, pretty_json(made.body), line))
    return found
