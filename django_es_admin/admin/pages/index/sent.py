"""The requests that the searches of an index would send for some words."""

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
"""The maximum length of the text, in characters."""


@dataclass(frozen=True)
class Sent:
    """The request of one search.

    Args:
        name: the name of the search.
        title: the title of the search.
        path: the path of the request.
        body: the body as formatted JSON.
        curl: the same request for a terminal, without secrets.
        error: why no request is sent for these words; "" if one is sent.
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
    """Return the request of each search that the user knows, for the first page of results.

    Args:
        connection: alias of the connection.
        index: the declared name of the index.
        words: the words as they are typed. Blank words need no request.
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
