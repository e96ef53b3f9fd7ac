"""What djangoes tests of its handler and its connections, in our words; each of its cases is here.

Three of them have another answer: they stand at the end, and on the page "Coming from djangoes".
What it tests of its test runner is in tests/integration/test/test_setup.py.
"""

from datetime import datetime
from os.path import isfile
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

import django_es_admin
from django_es_admin import (
    ConnectionDoesNotExist,
    ConnectionHandler,
    IndexDoesNotExist,
    connection,
    connections,
)
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.elasticsearch import SimpleHttpBackend
from django_es_admin.backends.settings.configuration import DEFAULT_ENGINE

INDICES: dict[str, Any] = {
    "first": {"NAME": "index1", "ALIASES": ["alias1", "alias2"]},
    "second": {"NAME": "index2", "ALIASES": ["alias1"]},
    "third": {"NAME": "index3", "ALIASES": []},
}
BACKEND = "tests.unit.backends.test_djangoes.Silent"


class Silent(Base):
    """A connection of a project that has no client."""

    def configure_client(self) -> Any:
        return None


def base(*aliases: str, **index: Any) -> Base:
    """Return a connection with some of the indices, or with one."""
    chosen = {alias: INDICES[alias] for alias in aliases}
    return Base("made", {}, {**chosen, **({"own": index} if index else {})})


# A connection knows its names


def test_the_abstract_connection_has_no_client() -> None:
    with pytest.raises(NotImplementedError):
        base().configure_client()


def test_an_index_without_aliases_is_searched_by_its_name() -> None:
    assert base("third").indices == ["index3"]


def test_an_index_with_aliases_is_searched_by_these() -> None:
    assert base("first").indices == ["alias1", "alias2"]


def test_an_alias_of_several_indices_is_searched_once() -> None:
    assert base("first", "second", "third").indices == ["alias1", "alias2", "index3"]


def test_settings_by_index() -> None:
    made = base(NAME="index", SETTINGS={"es": "settings"})
    assert made.get_indices_with_settings() == {"index": {"es": "settings"}}


@pytest.mark.parametrize("index", [{"SETTINGS": None}, {}])
def test_an_index_may_have_no_settings(index: dict[str, Any]) -> None:
    assert base(NAME="index", **index).get_indices_with_settings() == {"index": None}


def test_settings_are_by_the_name_of_the_index_not_by_its_alias() -> None:
    made = base(NAME="index", ALIASES=["alias"], SETTINGS={"es": "settings"})
    assert list(made.get_indices_with_settings()) == ["index"]


def test_the_name_of_an_index() -> None:
    assert base("third").index_names == ["index3"]


def test_the_name_of_an_index_that_has_aliases() -> None:
    assert base("first").index_names == ["index1"]


def test_the_names_of_several_indices() -> None:
    assert base("first", "second", "third").index_names == ["index1", "index2", "index3"]


def test_the_alias_of_an_index() -> None:
    assert base("second").alias_names == ["alias1"]


def test_an_index_without_aliases_has_none() -> None:
    assert base("third").alias_names == []


def test_the_aliases_of_an_index() -> None:
    assert base("first").alias_names == ["alias1", "alias2"]


def test_the_aliases_of_several_indices_are_each_there_once() -> None:
    assert base("first", "second", "third").alias_names == ["alias1", "alias2"]


# A handler reads settings


def test_settings_with_every_default_written_out() -> None:
    servers = {"default": {"ENGINE": DEFAULT_ENGINE, "HOSTS": [], "PARAMS": {}, "INDICES": []}}
    handler = ConnectionHandler(servers, {"index": {"NAME": "index", "ALIASES": []}})
    assert handler.servers["default"].items() >= servers["default"].items()
    assert handler.indices["index"]["NAME"] == "index"


def test_no_hosts_are_the_default_host() -> None:
    made = ConnectionHandler({"default": {"HOSTS": []}}, {})["default"]
    [node] = made.client.transport.node_pool.all()
    assert node.base_url == "http://localhost:9200"


def test_a_connection_of_defaults_alone() -> None:
    handler = ConnectionHandler({"default": {}}, {})
    assert list(handler.servers) == ["default"]
    assert handler.indices == {}


def test_the_settings_of_the_project_are_used() -> None:
    servers: dict[str, Any] = {"default": {}, "by_settings": {}}
    with override_settings(ES_SERVERS=servers, ES_INDICES={"index_by_settings": {}}):
        handler = ConnectionHandler()
        assert list(handler.servers) == ["default", "by_settings"]
        assert list(handler.indices) == ["index_by_settings"]


def test_a_connection_named_default_has_to_be_there() -> None:
    handler = ConnectionHandler({"not_default": {}}, {})
    with pytest.raises(ImproperlyConfigured, match="no connection named 'default'"):
        _ = handler.servers


def test_the_defaults_of_a_connection() -> None:
    handler = ConnectionHandler({}, {})
    handler.ensure_server_defaults("default")
    server = handler.servers["default"]
    assert (server["ENGINE"], server["PARAMS"], server["INDICES"]) == (DEFAULT_ENGINE, {}, [])


def test_the_defaults_of_an_index() -> None:
    handler = ConnectionHandler({}, {"index": {}})
    handler.ensure_index_defaults("index")
    expected = {"NAME": "index", "ALIASES": [], "SETTINGS": None}
    assert handler.indices["index"].items() >= expected.items()


@pytest.mark.parametrize("method", ["ensure_server_defaults", "prepare_server_test_settings"])
def test_an_unknown_connection_is_a_key_error(method: str) -> None:
    with pytest.raises(KeyError) as caught:
        getattr(ConnectionHandler({}, {}), method)("index")
    assert isinstance(caught.value, ConnectionDoesNotExist)
    assert str(caught.value) == "There is no connection 'index': ES_SERVERS has default."


@pytest.mark.parametrize("method", ["ensure_index_defaults", "prepare_index_test_settings"])
def test_an_unknown_index_is_a_key_error(method: str) -> None:
    with pytest.raises(KeyError) as caught:
        getattr(ConnectionHandler({}, {}), method)("index")
    assert isinstance(caught.value, IndexDoesNotExist)
    assert str(caught.value) == "There is no index 'index': ES_INDICES has none."


def test_an_index_is_known_by_its_key_not_by_its_name() -> None:
    handler = ConnectionHandler({}, {"index": {"NAME": "other", "ALIASES": ["other"]}})
    with pytest.raises(IndexDoesNotExist):
        handler.prepare_index_test_settings("other")


def test_the_test_settings_of_a_connection() -> None:
    handler = ConnectionHandler({"default": {"ENGINE": DEFAULT_ENGINE}}, {})
    handler.prepare_server_test_settings("default")
    assert handler.servers["default"]["TEST"]["INDICES"] == []


def test_the_test_settings_of_an_index() -> None:
    handler = ConnectionHandler({}, {"index": {}})
    handler.ensure_index_defaults("index")
    handler.prepare_index_test_settings("index")
    # The names of the test run go before these.
    expected = {"NAME": "index", "ALIASES": [], "SETTINGS": None}
    assert handler.indices["index"]["TEST"] == expected


def test_a_server_without_indices_gets_none() -> None:
    assert ConnectionHandler({}, {}).get_server_indices({"INDICES": []}) == {}


def test_a_server_gets_the_indices_that_it_names() -> None:
    handler = ConnectionHandler({}, {"used": {}, "not_used": {}})
    [(alias, index)] = handler.get_server_indices({"INDICES": ["used"]}).items()
    assert (alias, index["NAME"], index["TEST"]["NAME"]) == ("used", "used", "used")


# A backend is loaded


def test_anything_can_be_imported_as_a_backend() -> None:
    assert django_es_admin.load_backend("datetime.datetime") is datetime
    assert django_es_admin.load_backend("os.path.isfile") is isfile


@pytest.mark.parametrize("path", ["module.does.not.exist", "os.path.not_exist", "alone"])
def test_what_cannot_be_imported_is_named(path: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"'{path}' cannot be imported: "):
        django_es_admin.load_backend(path)


@pytest.mark.parametrize(
    ("aliases", "indices", "index_names", "alias_names"),
    [
        ([], [], [], []),
        (["first"], ["alias1", "alias2"], ["index1"], ["alias1", "alias2"]),
        (
            ["first", "third"],
            ["alias1", "alias2", "index3"],
            ["index1", "index3"],
            ["alias1", "alias2"],
        ),
    ],
)
def test_a_backend_of_the_project(
    aliases: list[str], indices: list[str], index_names: list[str], alias_names: list[str]
) -> None:
    handler = ConnectionHandler({"default": {"ENGINE": BACKEND, "INDICES": aliases}}, INDICES)
    made = handler.load_backend("default")
    assert isinstance(made, Silent)
    assert made.alias == "default"
    assert (made.indices, made.index_names, made.alias_names) == (indices, index_names, alias_names)


def test_a_backend_of_djangoes_is_ours() -> None:
    engine = "djangoes.backends.elasticsearch.SimpleHttpBackend"
    handler = ConnectionHandler({"default": {"ENGINE": engine}}, {})
    assert isinstance(handler.load_backend("default"), SimpleHttpBackend)


# A handler is a mapping


def test_a_handler_gives_the_aliases() -> None:
    assert list(ConnectionHandler({"default": {}, "task": {}}, {})) == ["default", "task"]


def test_a_connection_is_made_anew_after_it_was_deleted() -> None:
    servers = {"default": {"ENGINE": BACKEND, "INDICES": ["index_1"]}}
    handler = ConnectionHandler(servers, {"index_1": {}, "index_2": {}})
    assert handler["default"].indices == ["index_1"]

    handler.servers["default"]["INDICES"] = ["index_2"]
    assert handler["default"].indices == ["index_1"]

    del handler["default"]
    assert handler["default"].indices == ["index_2"]
    del handler["default"]
    del handler["default"]
    with pytest.raises(KeyError):
        del handler["lost"]


def test_a_connection_can_be_set() -> None:
    handler = ConnectionHandler({}, {})
    made = handler["something"] = base()
    assert handler["something"] is made
    del handler["something"]
    with pytest.raises(ConnectionDoesNotExist):
        _ = handler["something"]


def test_all_connections() -> None:
    handler = ConnectionHandler({"default": {"ENGINE": BACKEND}, "task": {"ENGINE": BACKEND}}, {})
    assert [(type(made), made.alias) for made in handler.all()] == [
        (Silent, "default"),
        (Silent, "task"),
    ]


def test_another_process_has_other_connections() -> None:
    handler = ConnectionHandler({"default": {"HOSTS": ["localhost"]}}, {})
    made = handler["default"]
    assert handler["default"] is made
    handler._pid = 1
    assert handler["default"] is not made


def test_connection_stands_for_the_default_one() -> None:
    assert connection.alias == "default"
    assert connection == connections["default"]
    assert not connection != connections["default"]  # noqa: SIM202 (it is what is tested)


def test_attributes_of_connection_are_those_of_the_default_one() -> None:
    assert not hasattr(connection, "new_attribute")
    connections["default"].new_attribute = "test_value"  # type: ignore[attr-defined]
    assert connection.new_attribute == "test_value"

    del connection.new_attribute
    assert not hasattr(connections["default"], "new_attribute")

    connection.new_attribute = "again"
    assert connections["default"].new_attribute == "again"
    del connections["default"].new_attribute


# Where the answer is another one


def test_a_handler_without_settings_has_all_defaults_at_once() -> None:
    """There: ``{"default": {}}`` until ``ensure_server_defaults()`` is called."""
    server = ConnectionHandler({}, {}).servers["default"]
    assert server["HOSTS"] == ["http://localhost:9200"]


@pytest.mark.parametrize(
    "test", [{"NAME": "live"}, {"NAME": "other", "ALIASES": ["alias", "other-alias"]}]
)
def test_a_name_of_a_test_may_be_that_of_the_live_index(test: dict[str, Any]) -> None:
    """There: an error. Here the name of the run goes before each, so that no two are one."""
    handler = ConnectionHandler(
        {"default": {"INDICES": ["index"]}},
        {"index": {"NAME": "live", "ALIASES": ["alias"], "TEST": test}},
    )
    live = {*handler["default"].index_names, *handler["default"].alias_names}
    handler.use_namespace("test-1-")
    tested = {*handler["default"].index_names, *handler["default"].alias_names}
    assert live.isdisjoint(tested)
