"""The requests of Elasticsearch: which of them change nothing, and where they name an index.

``READONLY`` allows requests with GET or HEAD, and those listed as reading. ``INDEX_PREFIX`` allows
only listed requests, and checks every index that they name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from .target import Target

Body = Literal[
    "any",
    "query",
    "search",
    "named",
    "items",
    "headers",
    "template",
    "templates",
    "ratings",
    "actions",
    "bulk",
    "index",
    "alias",
    "mapping",
    "copy",
    "closed",
]
"""How a body names indices.

``any``: not at all; it may hold a document, which may have a field of any name.
``query``: inside a query, as the look-up of terms. ``search``: so, or by a point in time.
``named``: as ``query``, and the request needs no index.
``items``: in each of its ``docs``. ``headers``: in each second line. ``actions``: in ``actions``.
``template``, ``templates``, ``ratings``: as ``query`` and ``headers``, rendered before.
``mapping``: in its runtime fields that look things up. ``index``: so, and among its ``aliases``.
``alias``: as ``index`` and ``alias``, and in the ``filter``.
``copy``: in its ``source`` and ``dest``, if nothing else decides where a document goes.
``closed``: in a way that is not read, as in a text of ES|QL.
"""

# {index}: names of indices, separated by commas, or of a synonym set, which has the prefix, too.
# {any}: a key, or another name.
_READING = """
GET POST         {index}/_search                       query
GET POST         {index}/_search/template              template
GET POST         {index}/_msearch                      headers
GET POST         {index}/_msearch/template             templates
GET POST         {index}/_count                        query
GET POST         {index}/_mget                         items
GET POST         {index}/_mtermvectors                 items
GET POST         {index}/_termvectors                  items
GET POST         {index}/_termvectors/{any}            items
GET POST         {index}/_explain/{any}                query
GET POST         {index}/_field_caps                   query
GET POST         {index}/_validate/query               query
GET POST         {index}/_search_shards                query
GET POST         {index}/_rank_eval                    ratings
GET POST         {index}/_terms_enum                   query
GET POST         {index}/_eql/search                   query
GET POST         {index}/_graph/explore                query
GET POST         {index}/_knn_search                   query
GET POST         {index}/_rollup_search                query
GET POST         {index}/_mvt/{any}/{any}/{any}/{any}  query
GET POST         {index}/_fleet/_fleet_search          query
GET POST         {index}/_fleet/_fleet_msearch         headers
GET POST         {index}/_analyze                      any
POST             {index}/_pit                          query
POST             {index}/_disk_usage                   any
GET POST         _search                               search
GET POST         _search/template                      template
GET POST         _msearch                              headers
GET POST         _msearch/template                     templates
GET POST         _count                                query
GET POST         _mget                                 items
GET POST         _mtermvectors                         items
GET POST         _field_caps                           query
GET POST         _validate/query                       query
GET POST         _search_shards                        query
GET POST         _rank_eval                            ratings
GET POST         _fleet/_fleet_msearch                 headers
GET POST         _cat/count                            query
GET POST         _cat/count/{index}                    query
GET POST         _resolve/index/{index}                any
GET POST         _search/scroll                        named
GET POST         _search/scroll/{any}                  named
DELETE           _search/scroll                        named
DELETE           _search/scroll/{any}                  named
DELETE           _pit                                  named
GET POST         _analyze                              named
GET POST         _render/template                      named
GET POST         _render/template/{any}                named
GET POST         _scripts/painless/_execute            named
GET POST         _cluster/allocation/explain           named
POST             _index_template/_simulate             closed
POST             _index_template/_simulate/{any}       closed
POST             _index_template/_simulate_index/{any} closed
GET POST         _ingest/pipeline/_simulate            closed
GET POST         _ingest/pipeline/{any}/_simulate      closed
POST             _query                                closed
POST             _query/async                          closed
POST             _sql                                  closed
POST             _sql/translate                        closed
POST             _sql/close                            closed
GET POST         _application/search_application/{any}/_search closed
GET POST         _security/_query/{any}                closed
GET POST         _security/user/_has_privileges        closed
GET POST         _security/user/{any}/_has_privileges  closed
"""
_CHANGING = """
POST PUT         {index}/_doc                          any
POST PUT DELETE  {index}/_doc/{any}                    any
POST PUT         {index}/_create/{any}                 any
POST             {index}/_update/{any}                 any
POST PUT         {index}/_bulk                         bulk
POST PUT         _bulk                                 bulk
POST             {index}/_delete_by_query              query
POST             {index}/_update_by_query              query
PUT              {index}                               index
DELETE           {index}                               any
POST PUT         {index}/_mapping                      mapping
PUT              {index}/_settings                     any
POST PUT DELETE  {index}/_alias/{index}                alias
POST PUT DELETE  {index}/_aliases/{index}              alias
POST             _aliases                              actions
POST             _reindex                              copy
POST             _tasks/{any}/_cancel                  named
POST PUT         {index}/_clone/{index}                index
POST PUT         {index}/_shrink/{index}               index
POST PUT         {index}/_split/{index}                index
POST             {index}/_rollover                     index
POST             {index}/_rollover/{index}             index
POST             {index}/_downsample/{index}           any
POST             {index}/_open                         any
POST             {index}/_close                        any
GET POST         {index}/_refresh                      any
GET POST         {index}/_flush                        any
POST             {index}/_forcemerge                   any
POST             {index}/_cache/clear                  any
POST             {index}/_reload_search_analyzers      any
PUT DELETE       {index}/_block/{any}                  any
POST             {index}/_async_search                 query
DELETE           _async_search/{any}                   named
POST             {index}/_ilm/remove                   any
POST             {index}/_ilm/retry                    any
POST             _ilm/move/{index}                     any
PUT DELETE       _data_stream/{index}                  any
PUT DELETE       _data_stream/{index}/_lifecycle       any
PUT DELETE       _data_stream/{index}/_options         any
PUT              _data_stream/{index}/_settings        any
PUT              _data_stream/{index}/_mappings        mapping
PUT DELETE       _synonyms/{index}                     any
PUT DELETE       _synonyms/{index}/{any}               any
GET POST         _refresh                              closed
GET POST         _flush                                closed
"""
# With GET or HEAD, in addition to everything below the name of an index.
_LOOKING = """
GET HEAD         {index}                               query
GET HEAD         _alias/{index}                        any
GET HEAD         _aliases/{index}                      any
GET HEAD         _cat/aliases/{index}                  any
GET HEAD         _cat/indices/{index}                  any
GET HEAD         _cat/recovery/{index}                 any
GET HEAD         _cat/segments/{index}                 any
GET HEAD         _cat/shards/{index}                   any
GET HEAD         _cluster/health/{index}               any
GET HEAD         _cluster/state/{any}/{index}          any
GET HEAD         _resolve/cluster/{index}              any
GET HEAD         _data_stream/{index}                  any
GET HEAD         _data_stream/{index}/{any}            any
GET HEAD         _synonyms/{index}                     any
GET HEAD         _synonyms/{index}/{any}               any
GET HEAD         _async_search/{any}                   named
GET HEAD         _async_search/status/{any}            named
"""
# Requests about the cluster, and not about documents, with GET or HEAD.
_OF_THE_CLUSTER = frozenset(
    "_cluster _cat _nodes _alias _aliases _mapping _settings _stats _resolve _data_stream "
    "_index_template _component_template _template _ilm _tasks _license _xpack _health_report "
    "_security".split()
)
_LOOKS = ("GET", "HEAD")
_NAMES = "{index}"


@dataclass(frozen=True)
class Route:
    """A kind of request.

    Args:
        reads: whether it changes nothing in the cluster.
        names: the segments that name indices.
        body: how its body names indices.
    """

    reads: bool
    names: tuple[int, ...]
    body: Body


@dataclass
class _Node:
    inner: dict[str, "_Node"] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)


def find_route(method: str, target: Target) -> Route | None:
    """Return the kind of a request; None if it is unknown."""
    if not target.whole:
        return None
    known = _find(_tree(), method, target.raw, target.segments)
    if known is not None or method not in _LOOKS:
        return known
    if not target.segments or target.raw[0] in _OF_THE_CLUSTER:
        return Route(reads=True, names=(), body="named")
    if _is_name(target.segments[0]):
        return Route(reads=True, names=(0,), body="query")
    return None


def _find(node: _Node, method: str, raw: tuple[str, ...], decoded: tuple[str, ...]) -> Route | None:
    if not raw:
        return node.routes.get(method)
    # Fixed names have precedence, and are compared as they are sent, as Elasticsearch does.
    for inner in (node.inner.get(raw[0]), node.inner.get(_NAMES) if _is_name(decoded[0]) else None):
        found = _find(inner, method, raw[1:], decoded[1:]) if inner else None
        if found:
            return found
    other = node.inner.get("{any}")
    return _find(other, method, raw[1:], decoded[1:]) if other else None


def _is_name(segment: str) -> bool:
    """Return whether a segment can be the name of an index: no name begins with an underscore."""
    return not segment.startswith("_") or segment == "_all"


def _rows(table: str) -> Iterator[tuple[list[str], list[str], str]]:
    for line in table.strip().splitlines():
        *methods, path, body = line.split()
        yield methods, path.split("/"), body


@cache
def _tree() -> _Node:
    root = _Node()
    for table, reads in ((_READING, True), (_CHANGING, False), (_LOOKING, True)):
        for methods, path, body in _rows(table):
            node = root
            for segment in path:
                node = node.inner.setdefault(segment, _Node())
            names = tuple(place for place, segment in enumerate(path) if segment == _NAMES)
            for method in methods:
                node.routes[method] = Route(reads, names, body)  # type: ignore[arg-type]
    return root
