"""Queries that are dicts already, in a ``Search`` of ``elasticsearch.dsl``."""

from typing import Any

from elasticsearch.dsl.query import Query

from ...text.fields import Query as Body


class Ready(Query):
    """A query that is taken as it is.

    ``elasticsearch.dsl`` makes an object of each part of a dict, and copies the rest at every
    level, which takes as long as all else that a service does.
    """

    # Every query has a name there, and could be made by it.
    name = "ready"

    def __init__(self, body: Body | None = None) -> None:
        super().__init__()
        self._params: dict[str, Any] = {"body": body or {}}

    def to_dict(self) -> dict[str, Any]:
        """Return the query."""
        body: dict[str, Any] = self._params["body"]
        return body
