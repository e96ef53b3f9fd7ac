"""What is asked of a tab: by its address, or so that no log of addresses has it.

A query that has to survive a click on "next" is kept in the session, under a key that the address
has.
"""

import secrets
from collections.abc import Mapping

from django.http import HttpRequest

KEY = "asked"
"""The parameter of an address whose query the session has."""

_SESSION_KEY = "elasticsearch_asked"
_REMEMBERED = 5
MAX_QUERY = 1_000


def keep_query(request: HttpRequest, query: str) -> str:
    """Keep a query in the session; return the address of its answer.

    Only the last few are kept, as some sessions are cookies.
    """
    kept = dict(request.session.get(_SESSION_KEY, {}))
    key = secrets.token_urlsafe(6)
    kept[key] = query[:MAX_QUERY]
    request.session[_SESSION_KEY] = dict(list(kept.items())[-_REMEMBERED:])
    return f"{request.path}?{KEY}={key}"


def read_asked(request: HttpRequest) -> Mapping[str, str]:
    """Return the parameters of a request, with the query that the session has for it."""
    asked = request.POST if request.method == "POST" else request.GET
    found = {name: asked[name] for name in asked}
    if KEY in found:
        query = request.session.get(_SESSION_KEY, {}).get(found[KEY])
        # Forgotten: all documents are shown, under the address of none.
        found |= {"q": query} if isinstance(query, str) else {KEY: ""}
    return found
