"""The input of a tab: from its URL, or from the session so that no log of URLs contains it.

A query that must survive a click on "next" is stored in the session, under a key that is in the
URL.
"""

import secrets
from collections.abc import Mapping

from django.http import HttpRequest

KEY = "asked"
"""The parameter of a URL whose query is in the session."""

_SESSION_KEY = "elasticsearch_asked"
_REMEMBERED = 5
MAX_QUERY = 1_000


def keep_query(request: HttpRequest, query: str) -> str:
    """Store a query in the session; return the URL of its answer.

    Only the last few queries are kept, because some sessions are cookies.
    """
    kept = dict(request.session.get(_SESSION_KEY, {}))
    key = secrets.token_urlsafe(6)
    kept[key] = query[:MAX_QUERY]
    request.session[_SESSION_KEY] = dict(list(kept.items())[-_REMEMBERED:])
    return f"{request.path}?{KEY}={key}"


def read_asked(request: HttpRequest) -> Mapping[str, str]:
    """Return the parameters of a request, including the query from the session."""
    asked = request.POST if request.method == "POST" else request.GET
    found = {name: asked[name] for name in asked}
    if KEY in found:
        query = request.session.get(_SESSION_KEY, {}).get(found[KEY])
        # The query is no longer in the session, so all documents are shown, under their own URL.
        found |= {"q": query} if isinstance(query, str) else {KEY: ""}
    return found
