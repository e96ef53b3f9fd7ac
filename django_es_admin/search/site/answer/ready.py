"""Queries that are already dicts, for a ``Search`` of ``elasticsearch.dsl``."""

from typing import Any

from elasticsearch.dsl.query import Query

from ...text.fields import Query as Body


class Ready(Query):
    """A query that is used unchanged.

    ``elasticsearch.dsl`` would make an object of each part of a dict, and copy the rest at every
    level. That takes as long as everything else that a service does.
    """

    # Every class of a query needs a name there.
    name = "ready"

    def __init__(self, body: Body | None = None) -> None:
        super().__init__()
        self._params: dict[str, Any] = {"body": body or {}}

    def to_dict(self) -> dict[str, Any]:
        """Return the query."""
        body: dict[str, Any] = self._params["body"]
        return body
