"""Engines by dotted path, and PARAMS under the names that clients had."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings
from elastic_transport import RequestsHttpNode, RoundRobinSelector, Transport, Urllib3HttpNode
from elasticsearch import Elasticsearch
from elasticsearch.dsl import Search
from elasticsearch.dsl import connections as dsl

from django_es_admin import ConnectionHandler, connections
from django_es_admin.backends import elasticsearch as backends
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.display import details
from django_es_admin.backends.transport.nodes import LimitedNode, RequestsNode, Urllib3Node
from django_es_admin.exceptions import ConnectionDoesNotExist, IndexNotDeclared


class OwnTransport(Transport):
    pass


class OwnNode(Urllib3HttpNode):
    pass


class OwnBackend(backends.BaseElasticsearchBackend):
    transport_class = OwnTransport
    connection_class = OwnNode


class OwnBase(Base):
    """As the djangoes document has it: three parameters, and a client of its own."""

    def __init__(self, alias: str, server: Any, indices: Any) -> None:
        super().__init__(alias, server, indices)
        self.given = (alias, server, indices)

    def configure_client(self) -> Elasticsearch:
        return Elasticsearch("http://own:9200")


class WithoutClasses(backends.BaseElasticsearchBackend):
    pass


def made(server: dict[str, Any]) -> Base:
    return ConnectionHandler({"default": server}, {})["default"]


@pytest.mark.parametrize(
    ("engine", "node"),
    [
        ("django_es_admin.backends.elasticsearch.SimpleHttpBackend", Urllib3Node),
        ("django_es_admin.backends.elasticsearch.SimpleHttpClient", Urllib3Node),
        ("djangoes.backends.elasticsearch.SimpleHttpClient", Urllib3Node),
        ("django_es_admin.backends.elasticsearch.SimpleRequestsHttpBackend", RequestsNode),
        (f"{__name__}.OwnBackend", OwnNode),
    ],
)
def test_engines(engine: str, node: type) -> None:
    transport = made({"ENGINE": engine}).client.transport
    [used] = transport.node_pool.all()
    assert isinstance(used, node)
    assert isinstance(used, LimitedNode)
    assert isinstance(transport, OwnTransport) is (node is OwnNode)


def test_the_two_entry_points() -> None:
    base = backends.BaseElasticsearchBackend
    assert (base.transport_class, base.connection_class) == (Transport, None)
    assert issubclass(backends.SimpleHttpBackend.connection_class, Urllib3HttpNode)
    assert issubclass(backends.SimpleRequestsHttpBackend.connection_class, RequestsHttpNode)
    with pytest.raises(ImproperlyConfigured, match="WithoutClasses needs transport_class and"):
        WithoutClasses("default", {}, {}).configure_client()


def test_a_backend_of_ones_own() -> None:
    server = {"ENGINE": f"{__name__}.OwnBase", "INDICES": ["one"]}
    backend = ConnectionHandler({"default": server}, {"one": {"ALIASES": ["x"]}})["default"]
    assert isinstance(backend, OwnBase)
    alias, filled, indices = backend.given
    assert (alias, filled["PARAMS"], list(indices)) == ("default", {}, ["one"])
    assert indices["one"]["NAME"] == "one"
    assert backend.indices == ["x"]
    assert backend.client.transport.node_pool.all()[0].base_url == "http://own:9200"


@pytest.mark.parametrize("name", ["SimpleThriftBackend", "SimpleMemcachedBackend"])
def test_protocols_that_are_gone(name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=rf"{name}.*use '.*\.SimpleHttpBackend'"):
        made({"ENGINE": f"django_es_admin.backends.elasticsearch.{name}"})


def test_requests_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    engine = "django_es_admin.backends.elasticsearch.SimpleRequestsHttpBackend"
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'django-es-admin\[requests\]'"):
        _ = made({"ENGINE": engine}).client


def test_requests_takes_proxies_from_the_environment_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/of/the/environment.pem")
    engine = "django_es_admin.backends.elasticsearch.SimpleRequestsHttpBackend"
    [node] = made(
        {"ENGINE": engine, "HOSTS": "https://es.example.com"}
    ).client.transport.node_pool.all()
    asked = (node.base_url, {}, None, None, None)
    merged = node.session.merge_environment_settings(*asked)
    assert merged["proxies"]["https"] == "http://proxy.example.com:3128"
    assert merged["verify"] is True


@pytest.mark.parametrize(
    ("params", "pauses"),
    [
        ({}, [1, 2, 4, 8, 16, 30, 30]),
        ({"dead_timeout": 60}, [60, 120, 240, 480, 960, 1920, 1920]),
        ({"dead_timeout": 3, "timeout_cutoff": 2}, [3, 6, 12, 12]),
        ({"timeout_cutoff": 0}, [1, 1, 1]),
        ({"dead_timeout": 3, "max_dead_node_backoff": 4}, [3, 4, 4]),
    ],
)
def test_how_long_a_failing_node_is_left_alone(params: dict[str, Any], pauses: list[float]) -> None:
    hosts = ["http://a:9200", "http://b:9200"]
    pool = made({"HOSTS": hosts, "PARAMS": params}).client.transport.node_pool
    node = pool.all()[0]
    seen = []
    for _ in pauses:
        pool.mark_dead(node, _now=0)
        until, _ = pool._dead_nodes.get()
        seen.append(until)
    assert seen == pauses


@pytest.mark.parametrize(
    ("host", "url", "header"),
    [
        ({"host": "a"}, "http://a:9200", None),
        ({"host": "a", "use_ssl": True, "port": 443}, "https://a:443", None),
        ({"host": "a", "url_prefix": "es"}, "http://a:9200/es", None),
        ({"host": "a", "http_auth": ("u", "p:/@")}, "http://a:9200", "Basic dTpwOi9A"),
        ({"host": "::1", "http_auth": "u:p"}, "http://[::1]:9200", "Basic dTpw"),
        ("https://u:p@a", "https://a:443", "Basic dTpw"),
        ("a:9201", "http://a:9201", None),
    ],
)
def test_hosts_as_old_clients_took_them(host: Any, url: str, header: str | None) -> None:
    client = made({"HOSTS": [host]}).client
    [node] = client.transport.node_pool.all()
    assert node.base_url == url
    assert client._headers.get("authorization") == header or (
        node._headers.get("authorization") == header
    )


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("a", "https://a:443/es"),
        ("a:9201", "https://a:9201/es"),
        ("http://a:9200", "http://a:9200"),
        ({"host": "a"}, "https://a:443/es"),
        ({"host": "a", "port": 1, "use_ssl": False, "url_prefix": "x"}, "http://a:1/x"),
    ],
)
def test_params_that_old_clients_took_for_every_host(host: Any, url: str) -> None:
    params = {"use_ssl": True, "port": 443, "url_prefix": "/es/"}
    backend = made({"HOSTS": [host], "PARAMS": params})
    [node] = backend.client.transport.node_pool.all()
    assert node.base_url == url
    assert details(backend).hosts == ("://".join(urlsplit(url)[:2]),)


def test_options_that_have_other_names_today() -> None:
    params = {"randomize_hosts": False, "selector_class": RoundRobinSelector}
    sniffing = {"sniff_on_connection_fail": True, "sniffer_timeout": 60}
    transport = made({"PARAMS": {**params, **sniffing}}).client.transport
    assert isinstance(transport.node_pool.node_selector, RoundRobinSelector)
    assert (transport._sniff_on_node_failure, transport._min_delay_between_sniffing) == (True, 60)


def test_what_elastic_cloud_is_reached_by() -> None:
    cloud_id = "mine:ZXhhbXBsZS5jb20kYWJj"  # example.com, abc
    client = made({"PARAMS": {"cloud_id": cloud_id, "api_key": "id:key"}}).client
    [node] = client.transport.node_pool.all()
    assert node.base_url == "https://abc.example.com:443"
    assert client._headers["authorization"] == "ApiKey id:key"


@pytest.mark.parametrize("auth", ["u:p:w", ("u", "p:w")])
def test_http_auth_as_text_or_pair(auth: Any) -> None:
    client = made({"PARAMS": {"http_auth": auth}}).client
    assert client._headers["authorization"] == "Basic dTpwOnc="


def test_a_class_or_context_among_the_params_is_not_copied() -> None:
    class Uncopyable:
        def __deepcopy__(self, memo: object) -> object:
            raise TypeError

    mark = Uncopyable()
    handler = ConnectionHandler({"default": {"PARAMS": {"ssl_context": mark}}}, {})
    assert handler.servers["default"]["PARAMS"]["ssl_context"] is mark


# The handler's own methods


def test_defaults_and_test_settings_are_filled_in() -> None:
    handler = ConnectionHandler(
        {"default": {"HOSTS": "a", "TEST": {"HOSTS": "b"}}},
        {"one": {}, "two": {"NAME": "x", "ALIASES": ["y"], "TESTS": {"NAME": "z"}}},
    )
    handler.ensure_server_defaults("default")
    handler.prepare_server_test_settings("default")
    assert handler.servers["default"]["INDICES"] == []
    assert handler.servers["default"]["TEST"]["HOSTS"] == "b"
    handler.ensure_index_defaults("one")
    handler.prepare_index_test_settings("one")
    assert handler.indices["one"]["NAME"] == "one"
    assert handler.indices["one"]["TEST"] == {"NAME": "one", "ALIASES": [], "SETTINGS": None}
    assert handler.indices["two"]["TEST"] == {"NAME": "z", "ALIASES": ["y"], "SETTINGS": None}
    assert list(handler.get_server_indices({"INDICES": ["two"]})) == ["two"]


@pytest.mark.parametrize("method", ["ensure_server_defaults", "prepare_server_test_settings"])
def test_a_connection_that_there_is_not(method: str) -> None:
    with pytest.raises(ConnectionDoesNotExist, match="no connection 'x'"):
        getattr(ConnectionHandler({}, {}), method)("x")


@pytest.mark.parametrize("method", ["ensure_index_defaults", "prepare_index_test_settings"])
def test_an_index_that_there_is_not(method: str) -> None:
    with pytest.raises(IndexNotDeclared, match="no index 'x': ES_INDICES has none"):
        getattr(ConnectionHandler({}, {}), method)("x")


def test_a_namespace_uses_the_test_settings() -> None:
    handler = ConnectionHandler(
        {
            "default": {
                "INDICES": ["one"],
                "INDEX_PREFIX": "own-",
                "READONLY": True,
                "TEST": {"READONLY": False, "HOSTS": ["http://b:1"]},
            }
        },
        {"one": {"ALIASES": ["all"], "TEST": {"NAME": "two"}}},
    )
    assert handler["default"].index_names == ["own-one"]
    handler.use_namespace("test-1-")
    backend = handler["default"]
    assert backend.index_names == ["own-test-1-two"]
    assert backend.alias_names == ["own-test-1-all"]
    assert not backend.readonly
    assert backend.client.transport.node_pool.all()[0].base_url == "http://b:1"
    handler.reset()
    assert handler["default"].index_names == ["own-test-1-two"]
    handler.use_namespace(None)
    assert handler["default"].index_names == ["own-one"]


# Settings of django-elasticsearch-dsl, and its library


ADOPTED = {
    "default": {"hosts": "http://a:9200", "http_auth": ("u", "p"), "timeout": 3},
    "second": {"hosts": ["b"]},
}


def test_elasticsearch_dsl_is_adopted_where_there_are_no_servers(settings: Any) -> None:
    settings.ES_SERVERS = {}
    settings.ELASTICSEARCH_DSL = ADOPTED
    assert list(connections) == ["default", "second"]
    assert connections["default"].client._request_timeout == 3
    assert connections["second"].client.transport.node_pool.all()[0].base_url == "http://b:9200"
    settings.ES_SERVERS = {"default": {}}
    assert list(connections) == ["default"]


@pytest.mark.parametrize("bad", ["nonsense", ["default"], {"default": "http://a:9200"}])
def test_what_is_adopted_must_be_dicts(settings: Any, bad: Any) -> None:
    settings.ES_SERVERS = {}
    settings.ELASTICSEARCH_DSL = bad
    with pytest.raises(ImproperlyConfigured, match=r"^ELASTICSEARCH_DSL.* is not a dict"):
        list(connections)


def test_a_message_names_the_setting_that_is_there(settings: Any) -> None:
    settings.ES_SERVERS = {}
    settings.ELASTICSEARCH_DSL = {"second": {"hosts": "b"}}
    with pytest.raises(ImproperlyConfigured, match=r"^ELASTICSEARCH_DSL has no connection named"):
        list(connections)


def test_each_connection_is_known_to_elasticsearch_dsl() -> None:
    servers = {"default": {}, "second": {"HOSTS": ["http://b:9200"]}}
    with override_settings(ES_SERVERS=servers, ES_INDICES={}):
        client = dsl.get_connection("second")
        assert client.transport is connections["second"].client.transport
        assert Search(using="second", index="x").to_dict() == {}
        assert "elasticsearch-dsl" not in str(connections["second"].client._headers)
    with pytest.raises(KeyError):
        dsl.get_connection("second")
    assert dsl.get_connection("default").transport is connections["default"].client.transport


def test_what_the_project_registered_by_itself_stays(settings: Any) -> None:
    own = Elasticsearch("http://own:9200")
    settings.ES_SERVERS = {}
    dsl.remove_connection("default")
    dsl.add_connection("default", own)
    try:
        settings.ES_INDICES = {}
        assert dsl.get_connection("default") is own
    finally:
        dsl.remove_connection("default")


CLOUD = {"PARAMS": {"cloud_id": "mine:ZXhhbXBsZS5jb20kYWJj", "api_key": "x"}}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({"HOSTS": ["http://a:9200"]}, {"HOSTS": "a"}, True),
        ({"HOSTS": ["http://a:9200", "http://b:9200"]}, {"HOSTS": ["b:9200"]}, True),
        ({"HOSTS": ["https://u:p@a"]}, {"HOSTS": [{"host": "a", "port": 443}]}, True),
        ({"HOSTS": ["http://a:9200"]}, {"HOSTS": ["http://a:9201"]}, False),
        ({"HOSTS": ["http://a/one"]}, {"HOSTS": ["http://a/two"]}, False),
        (
            {"HOSTS": ["http://a/es/"]},
            {"HOSTS": [{"host": "a", "port": 80, "url_prefix": "es"}]},
            1,
        ),
        (CLOUD, CLOUD, True),
        (CLOUD, {}, False),
    ],
)
def test_connections_to_one_cluster(
    one: dict[str, Any], other: dict[str, Any], shared: bool
) -> None:
    handler = ConnectionHandler({"default": one, "other": other}, {})
    assert handler["default"].shares_cluster(handler["other"]) is bool(shared)
