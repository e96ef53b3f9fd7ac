"""Pages that fetch themselves again, and do not keep a session alive by that."""

from typing import Any

from django.http import HttpRequest

HEADER = "X-Elasticsearch-Refresh"
"""Sent by ``refresh.js``; what ends idle sessions in a project can look for it, too."""


def leave_session(request: HttpRequest) -> None:
    """Let a request that no person made not renew the session, as ``SESSION_SAVE_EVERY_REQUEST``.

    A session that was changed is saved as ever.
    """
    session: Any = getattr(request, "session", None)
    if session is None or HEADER not in request.headers:
        return
    save = session.save

    def save_changes(*args: Any, **kwargs: Any) -> None:
        if session.modified:
            save(*args, **kwargs)

    session.save = save_changes
