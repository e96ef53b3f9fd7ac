"""Compare the results of a search with the expected results."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from elasticsearch.dsl import Search

from django_es_admin import connections

from ..backends.abstracts import Base
from .refresh import refresh

_MOST = 10_000

Query = str | Mapping[str, Any] | Search[Any]


def hits(query: Query, *, using: str = "default", index: str | None = None) -> list[str]:
    """Return the ids of a search's results, the best first.

    Args:
        query: words, a query (``{"match": …}``), a whole body (``{"query": …}``), or a search of
            ``elasticsearch.dsl``, which has its own connection and index.
        using: alias of the connection.
        index: the declared name of one of its indices, or an alias; by default all of ``INDICES``.
    """
    if isinstance(query, Search):
        return [str(hit.meta.id) for hit in query[:_MOST].execute()]
    connection = connections[using]
    where = {} if index is None else {"index": _name(connection, index)}
    found = connection.search({"size": _MOST, "_source": False, **_body(query)}, **where)
    return [hit["_id"] for hit in found["hits"]["hits"]]


def _name(connection: Base, index: str) -> str:
    declared = connections.indices.get(index)
    return connection.prefixed(declared["NAME"] if declared else index)


def _body(query: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(query, str):
        words = {"query": query, "default_operator": "and"}
        return {"query": {"simple_query_string": words}}
    return query if "query" in query else {"query": query}


def assert_hits(
    query: Query,
    expected: Iterable[object],
    *,
    using: str = "default",
    index: str | None = None,
    ordered: bool = False,
) -> None:
    """Fail unless a search finds exactly ``expected``. Saved objects are made searchable first.

    Args:
        query: see :func:`hits`.
        expected: objects, or their keys.
        using: alias of the connection.
        index: see :func:`hits`.
        ordered: whether they must be in this order.

    Raises:
        AssertionError: an expected object is missing, there is another one, or the order differs.
    """
    refresh()
    found = hits(query, using=using, index=index)
    keys = [str(one.pk if isinstance(one, models.Model) else one) for one in expected]
    missing = [key for key in keys if key not in found]
    unexpected = [key for key in found if key not in keys]
    if missing or unexpected:
        raise AssertionError(
            f"The search found {found}: missing {missing}, unexpected {unexpected}."
        )
    if ordered and found != keys:
        raise AssertionError(f"The search found {found}, in a different order than {keys}.")
