"""Pages that reload themselves, without keeping a session alive."""

from typing import Any

from django.http import HttpRequest

HEADER = "X-Elasticsearch-Refresh"
"""The header that ``refresh.js`` sends. Code of a project that ends idle sessions can check it."""


def leave_session(request: HttpRequest) -> None:
    """Do not let an automatic request renew the session, even with ``SESSION_SAVE_EVERY_REQUEST``.

    A session that was changed is saved as usual.
    """
    session: Any = getattr(request, "session", None)
    if session is None or HEADER not in request.headers:
        return
    save = session.save

    def save_changes(*args: Any, **kwargs: Any) -> None:
        if session.modified:
            save(*args, **kwargs)

    session.save = save_changes
