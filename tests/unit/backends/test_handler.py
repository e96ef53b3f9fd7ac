"""Connections by alias: one per process, made again after a fork, without changing settings."""

import copy
import os
import threading
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

import django_es_admin
from django_es_admin import ConnectionHandler, connection, connections
from django_es_admin.backends.elasticsearch import SimpleHttpBackend
from django_es_admin.exceptions import ConnectionDoesNotExist

SERVERS: dict[str, Any] = {
    "default": {"HOSTS": ["localhost"], "INDICES": ["one", "two"]},
    "other": {"HOSTS": "https://user:secret@search.example:9243"},
}
INDICES: dict[str, Any] = {"one": {}, "two": {"NAME": "index_2", "ALIASES": ["alias"]}}


@pytest.fixture
def handler() -> ConnectionHandler:
    return ConnectionHandler(SERVERS, INDICES)


def test_connection_is_the_default_one() -> None:
    assert connection == connections["default"]
    assert connection.client is connections["default"].client


def test_the_module_has_no_other_connections() -> None:
    assert django_es_admin.connections is connections


def test_one_connection_per_alias(handler: ConnectionHandler) -> None:
    assert handler["default"] is handler["default"]
    assert [backend.alias for backend in handler.all()] == ["default", "other"]


def test_threads_share_a_connection(handler: ConnectionHandler) -> None:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(handler["default"])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_forked_process_has_its_own_connection(handler: ConnectionHandler) -> None:
    parents = handler["default"]
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"same" if handler["default"] is parents else b"own")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 4) == b"own"
    os.close(reading)
    os.close(writing)


def test_names(handler: ConnectionHandler) -> None:
    backend = handler["default"]
    assert isinstance(backend, SimpleHttpBackend)
    assert backend.indices == ["one", "alias"]
    assert backend.index_names == ["one", "index_2"]
    assert backend.alias_names == ["alias"]
    assert backend.get_indices_with_settings() == {"one": None, "index_2": None}


def test_settings_are_not_written_to() -> None:
    servers, indices = copy.deepcopy(SERVERS), copy.deepcopy(INDICES)
    handler = ConnectionHandler(servers, indices)
    handler["default"].client.close()
    assert (servers, indices) == (SERVERS, INDICES)


def test_hosts_are_normalised(handler: ConnectionHandler) -> None:
    nodes = [node.base_url for node in handler["default"].client.transport.node_pool.all()]
    assert nodes == ["http://localhost:9200"]


def test_unknown_alias(handler: ConnectionHandler) -> None:
    with pytest.raises(
        ConnectionDoesNotExist, match="no connection 'nope': ES_SERVERS has default"
    ):
        handler["nope"]


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"ENGINE": "nowhere.Backend"}, "cannot be imported"),
        ({"ENGINE": "django.test.TestCase"}, "must be a subclass"),
        ({"PARAMS": {"colour": 1}}, "does not fit the Elasticsearch client"),
        ({"HOST": ["localhost"]}, "unknown key 'HOST'"),
        ({"HOSTS": ["ftp://u:secret@x"]}, "is not a URL"),
        ({"INDICES": ["three"]}, "which ES_INDICES does not have"),
        ({"READONLY": "yes"}, "is str"),
        ({"MAX_ANSWER_BYTES": 0}, "has MAX_ANSWER_BYTES 0"),
        ({"MAX_ANSWER_BYTES": True}, "has MAX_ANSWER_BYTES True"),
        ({"MAX_ANSWER_BYTES": "1"}, "is str"),
    ],
)
def test_bad_settings(server: dict[str, Any], message: str) -> None:
    handler = ConnectionHandler({"default": server}, INDICES)
    with pytest.raises(ImproperlyConfigured, match=message) as caught:
        _ = handler["default"].client
    assert "secret" not in str(caught.value)


def test_changed_settings_make_new_connections() -> None:
    before = connections["default"]
    with override_settings(ES_SERVERS={"default": {"LABEL": "changed"}}, ES_INDICES={}):
        assert connections["default"].label == "changed"
    assert connections["default"].label == "Tests"
    assert connections["default"] is not before


def test_old_option_names() -> None:
    handler = ConnectionHandler(
        {"default": {"PARAMS": {"timeout": 3, "http_auth": ("u", "p")}}}, {}
    )
    assert handler["default"].client._request_timeout == 3
