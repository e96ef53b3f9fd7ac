"""READONLY and INDEX_PREFIX over every method of the client: what is refused, does not arrive."""

from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

import pytest

from django_es_admin import ConnectionHandler
from django_es_admin.backends.abstracts import Base
from django_es_admin.exceptions import ForeignIndex, PathUnsafe, ReadOnlyConnection
from tests.servers import Answer, standing_between

from .client_methods import ClientMethod, client_methods

# The client warns of what is new or old in itself; 8.x has no class for it.
pytestmark = pytest.mark.filterwarnings("ignore")
BACKENDS = "django_es_admin.backends.elasticsearch"
ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
OK = Answer(200, "{}", "application/json", elasticsearch=True)

arrived: list[tuple[str, str, bytes]] = []


@cache
def methods() -> list[ClientMethod]:
    """Return all methods of the client; to read their source takes long."""
    return list(client_methods())


def naming() -> list[tuple[ClientMethod, str]]:
    """Return each method with each of its arguments that name indices."""
    return [(method, name) for method in methods() for name in method.naming]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run a server that takes everything, and notes it."""

    def note(*request: Any) -> Answer:
        arrived.append(request)  # type: ignore[arg-type]
        return OK

    with standing_between("http://127.0.0.1:9", note) as url:
        yield url


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    arrived.clear()
    return f"{BACKENDS}.{request.param}"


def connection_to(server: str, engine: str, **settings: Any) -> Base:
    return ConnectionHandler({"default": {"HOSTS": [server], "ENGINE": engine, **settings}}, {})[
        "default"
    ]


def is_sent(method: ClientMethod, connection: Base, **changed: Any) -> bool:
    """Call a method; return whether its request arrived."""
    arrived.clear()
    try:
        method.call(connection.client, **changed)
    except (ForeignIndex, ReadOnlyConnection, PathUnsafe):
        assert arrived == []
        return False
    assert arrived
    return True


def test_each_method_sends_something(server: str) -> None:
    connection = connection_to(server, f"{BACKENDS}.SimpleHttpBackend")
    assert [str(method) for method in methods() if not is_sent(method, connection)] == []
    assert len(methods()) > 500


# INDEX_PREFIX


FOREIGN = ["other", "mine-a,other", "*", "_all", "mine", "<mine-{now/d}>", "mine-c:other"]


@pytest.mark.few(4)
@pytest.mark.parametrize("foreign", FOREIGN)
def test_no_method_reaches_an_index_outside_the_prefix(
    server: str, engine: str, foreign: str
) -> None:
    connection = connection_to(server, engine, INDEX_PREFIX="mine-")
    sent = [
        f"{method} {name}"
        for method, name in naming()
        if is_sent(method, connection, **{name: foreign})
    ]
    assert sent == []
    assert len(naming()) > 120


# With an index of its own each of these is sent.
OWN = """
async_search.submit bulk cat.aliases cat.count cat.indices cat.recovery cat.segments cat.shards
cluster.allocation_explain cluster.health cluster.state count create delete delete_by_query
eql.search exists exists_source explain field_caps fleet.msearch fleet.search get get_source
graph.explore ilm.explain_lifecycle ilm.move_to_step ilm.remove_policy ilm.retry index
indices.add_block indices.analyze indices.clear_cache indices.clone indices.close indices.create
indices.create_data_stream indices.delete indices.delete_alias indices.delete_data_lifecycle
indices.delete_data_stream indices.disk_usage indices.downsample indices.exists
indices.exists_alias indices.field_usage_stats indices.flush indices.forcemerge indices.get
indices.get_alias indices.get_data_stream indices.get_field_mapping indices.get_mapping
indices.get_settings indices.open indices.put_alias indices.put_data_lifecycle indices.put_mapping
indices.put_settings indices.recovery indices.refresh indices.reload_search_analyzers
indices.remove_block indices.resolve_index indices.rollover indices.segments indices.shard_stores
indices.shrink indices.split indices.stats indices.update_aliases indices.validate_query mget
msearch msearch_template mtermvectors open_point_in_time rank_eval search search_mvt search_shards
search_template terms_enum termvectors update update_by_query
""".split()


def test_own_indices_are_reached(server: str, engine: str) -> None:
    connection = connection_to(server, engine, INDEX_PREFIX="mine-")
    by_name = {str(method): method for method in methods()}
    missing = [
        name
        for name in OWN
        if not is_sent(
            by_name[name],
            connection,
            **({"index": "mine-a"} if "index" in by_name[name].parameters else {}),
        )
    ]
    assert missing == []


# Where the names of indices stand in a body, or nobody can say which: no index is given apart.
CLOSED = """
esql.async_query esql.query indices.create_from indices.migrate_reindex
indices.migrate_to_data_stream indices.modify_data_stream indices.promote_data_stream
indices.put_index_template indices.put_template ingest.simulate reindex
search_application.search simulate.ingest snapshot.create snapshot.restore sql.query
transform.put_transform
""".split()


def test_what_cannot_be_read_is_refused(server: str, engine: str) -> None:
    connection = connection_to(server, engine, INDEX_PREFIX="mine-")
    by_name = {str(method): method for method in methods()}
    assert [name for name in CLOSED if is_sent(by_name[name], connection)] == []


# What tells of the cluster, and of no document.
OF_THE_CLUSTER = """
_alias _cat _cluster _component_template _data_stream _health_report _ilm _index_template
_license _mapping _nodes _resolve _security _settings _stats _tasks _template _xpack
""".split()
# What names its indices in the body alone, or reaches none.
WITHOUT_INDEX = """
async_search.delete bulk clear_scroll close_point_in_time cluster.allocation_explain
fleet.msearch indices.analyze indices.update_aliases mget msearch msearch_template mtermvectors
render_search_template scripts_painless_execute scroll
""".split()


def test_what_reaches_every_index_is_refused(server: str) -> None:
    connection = connection_to(server, f"{BACKENDS}.SimpleHttpBackend", INDEX_PREFIX="mine-")
    without = [method for method in methods() if not {*method.naming} & method.arguments().keys()]
    changing = []
    for method in without:
        if is_sent(method, connection):
            verb, path, _ = arrived[0]
            if verb in ("GET", "HEAD"):
                first = path.partition("?")[0].split("/")[1]
                assert first in ("", "_async_search", *OF_THE_CLUSTER)
            else:
                changing.append(str(method))
    assert sorted(changing) == WITHOUT_INDEX


# READONLY


# By POST, PUT or DELETE, and changing nothing.
READING = """
cat.count clear_scroll close_point_in_time cluster.allocation_explain count eql.search
esql.async_query esql.query explain field_caps fleet.msearch fleet.search graph.explore
indices.analyze indices.disk_usage indices.resolve_index indices.simulate_index_template
indices.simulate_template indices.validate_query ingest.simulate mget msearch msearch_template
mtermvectors open_point_in_time rank_eval render_search_template rollup.rollup_search
scripts_painless_execute scroll search search_application.search search_mvt search_shards
search_template security.has_privileges security.query_api_keys security.query_role
security.query_user sql.clear_cursor sql.query sql.translate terms_enum termvectors
""".split()


@pytest.mark.few(1)
def test_readonly_over_all_methods(server: str, engine: str) -> None:
    connection = connection_to(server, engine, READONLY=True)
    found = set()
    for method in methods():
        if is_sent(method, connection):
            verb, path, _ = arrived[0]
            assert "_refresh" not in path
            assert "_flush" not in path
            if verb not in ("GET", "HEAD"):
                found.add(str(method))
    assert found == set(READING)


# Paths


@pytest.mark.few(2)
@pytest.mark.parametrize("dots", ["..", "%2E%2e"])
def test_no_path_of_any_method_has_dots(server: str, engine: str, dots: str) -> None:
    connection = connection_to(server, engine)
    sent = [
        f"{method} {name}"
        for method in methods()
        for name in method.in_path
        # Some stand in the path beside another alone.
        if is_sent(method, connection, **{name: dots}) and quote(dots, safe="") in arrived[0][1]
    ]
    assert sent == []


@pytest.mark.parametrize(
    "target",
    [
        "/../a/_doc/1",
        "/a/_doc/..",
        "/a/_doc/../",
        "/a/_doc/%2E%2E",
        "/a/_doc/%2e%2E/_search",
        "/a/_doc/%25252e%25252e",
        "/a/./_doc",
        "/a/_doc/\\..\\",
        "/a/_doc/..?refresh=true",
        "/a/_doc/..;x=1",
        "/a/_doc/..#x",
        "/a#/_search",
        "/a/_doc/.\t.",
        "/a/_doc/%c0%ae%c0%ae",
        "http://127.0.0.1:9/a",
        "a/_doc/1",
        "",
    ],
)
def test_a_path_of_ones_own_has_no_dots(server: str, engine: str, target: str) -> None:
    for settings in ({}, {"READONLY": True}, {"INDEX_PREFIX": "a"}):
        connection = connection_to(server, engine, **settings)
        for verb in ("GET", "DELETE"):
            with pytest.raises((PathUnsafe, ReadOnlyConnection)):
                connection.client.perform_request(verb, target, headers={"accept": "*/*"})
    assert arrived == []


@pytest.mark.parametrize(
    "key",
    ["...", ".a", "a.", "a..b", "..a", "50%", "%", "a/b", "a b", "ä", "~", "a%2Fb", "a;..", "#"],
)
def test_a_key_arrives_as_it_is(server: str, engine: str, key: str) -> None:
    connection = connection_to(server, engine)
    connection.client.get(index="a", id=key, routing="../..")
    [(verb, path, _)] = arrived
    where, _, query = path.partition("?")
    assert (verb, unquote(where.removeprefix("/a/_doc/")), unquote(query)) == (
        "GET",
        key,
        "routing=../..",
    )


def test_a_document_is_deleted_and_not_its_index(es: Any, prefix: str, engine: str) -> None:
    [node] = es.transport.node_pool.all()
    name = f"{prefix}kept"
    es.index(index=name, id="1", document={}, refresh=True)
    handler = ConnectionHandler(
        {"default": {"HOSTS": [node.base_url], "ENGINE": engine, "INDICES": ["kept"]}},
        {"kept": {"NAME": name}},
    )
    for key in (".", "..", "%2e%2e"):
        with pytest.raises(PathUnsafe, match=r"'default' did not send DELETE: .* with mget\(\)"):
            handler["default"].delete(id=key)
    assert es.count(index=name)["count"] == 1
    handler["default"].bulk(operations=[{"index": {"_id": ".."}}, {"a": 1}], refresh=True)
    assert handler["default"].mget(ids=[".."])["docs"][0]["found"]
