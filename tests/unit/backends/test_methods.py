"""The client's methods without an index: which exist, and what old calls mean."""

import warnings
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin import ConnectionHandler
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.arguments import name_arguments
from django_es_admin.backends.methods import index_methods, namespace_methods, other_names
from django_es_admin.exceptions import NoIndices, SeveralIndices

SERVERS: dict[str, Any] = {
    "default": {"INDICES": ["categories", "brands"]},
    "brands": {"INDICES": ["brands"]},
    "none": {},
}
INDICES: dict[str, Any] = {"categories": {}, "brands": {"ALIASES": ["a", "b"]}}
ALL = "search count get exists create index update delete delete_by_query msearch mget bulk analyze"


@pytest.fixture
def connections() -> ConnectionHandler:
    return ConnectionHandler(SERVERS, INDICES)


def test_the_methods_that_are_named_in_the_issue_are_derived() -> None:
    assert set(ALL.split()) <= index_methods().keys()
    # Not those of `indices` that would hide a method of documents.
    assert {index_methods()[name].namespace for name in ("create", "delete", "exists")} == {""}
    assert index_methods()["refresh"].namespace == "indices"


def test_each_derived_method_says_how_many_indices_it_takes() -> None:
    single = {name for name, method in index_methods().items() if not method.several}
    assert {"get", "create", "index", "update", "delete", "exists", "bulk", "mget"} <= single
    assert not single & {"search", "count", "msearch", "delete_by_query", "refresh"}


@pytest.mark.parametrize("name", sorted(n for n, m in index_methods().items() if not m.several))
def test_operations_on_one_index_are_refused_on_several(
    name: str, connections: ConnectionHandler
) -> None:
    with pytest.raises(SeveralIndices, match=rf"{name}\(\) works on one index.*'default' has 3"):
        getattr(connections["default"], name)()


@pytest.mark.parametrize("name", sorted(index_methods()))
def test_nothing_reaches_all_indices_by_mistake(name: str, connections: ConnectionHandler) -> None:
    with pytest.raises(NoIndices, match=rf"'none' has no INDICES .* pass {name}\(index=…\)"):
        getattr(connections["none"], name)()


def test_the_rest_of_the_client_is_there(connections: ConnectionHandler) -> None:
    backend = connections["default"]
    assert backend.cluster is backend.client.cluster
    assert backend.info == backend.client.info
    assert {"search", "scroll", "cluster"} <= set(dir(backend))
    assert "indices" not in other_names()
    assert backend.indices == ["categories", "a", "b"]
    with pytest.raises(AttributeError, match="'SimpleHttpBackend' object has no attribute 'serch'"):
        _ = backend.serch


def test_namespaces_need_no_index_either(connections: ConnectionHandler) -> None:
    found = namespace_methods()
    assert {"search"} <= found["eql"].keys()
    assert {"submit"} <= found["async_search"].keys()
    assert {"explain_lifecycle"} <= found["ilm"].keys()
    # They tell of the cluster.
    assert not {"cluster", "cat", "security", "indices"} & found.keys()
    backend = connections["default"]
    assert backend.ilm.get_status == backend.client.ilm.get_status
    assert "explain_lifecycle" in dir(backend.ilm)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = backend.ilm.nonsense


@pytest.mark.parametrize(
    ("namespace", "name"),
    [(namespace, name) for namespace, methods in namespace_methods().items() for name in methods],
)
def test_no_namespace_reaches_all_indices_by_mistake(
    namespace: str, name: str, connections: ConnectionHandler
) -> None:
    with pytest.raises(NoIndices, match=rf"'none' has no INDICES .* pass {name}\(index=…\)"):
        getattr(getattr(connections["none"], namespace), name)()


def test_options_keep_the_indices(connections: ConnectionHandler) -> None:
    backend = connections["default"]
    other = backend.options(request_timeout=3).options(ignore_status=404)
    assert type(other) is type(backend)
    assert other.indices == backend.indices
    assert other.client.transport is backend.client.transport
    assert (other.client._request_timeout, other.client._ignore_status) == (3, (404,))
    assert backend.client._request_timeout == 10
    with pytest.raises(NoIndices):
        connections["none"].options(request_timeout=3).search()


def test_looking_for_an_attribute_makes_no_client(connections: ConnectionHandler) -> None:
    assert hasattr(connections["default"], "search")
    assert not hasattr(connections["default"], "_repr_html_")
    assert connections["default"]._client is None


@pytest.mark.parametrize(
    ("name", "args", "named"),
    [
        ("search", ({"query": {}},), {"body": {"query": {}}}),
        ("search", (), {}),
        ("create", (1, {"a": 1}), {"id": 1, "body": {"a": 1}}),
        ("index", ({"a": 1},), {"body": {"a": 1}}),
        ("update", (1, {"doc": {}}), {"id": 1, "body": {"doc": {}}}),
        ("get", (1,), {"id": 1}),
        ("delete", ("x",), {"id": "x"}),
        ("msearch", ([{}, {}],), {"body": [{}, {}]}),
        ("bulk", ('{"index": {}}\n{"a": 1}\n',), {"body": '{"index": {}}\n{"a": 1}\n'}),
    ],
)
def test_arguments_by_position(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert name_arguments(index_methods()[name], args, {}) == named


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "named"),
    [
        ("search", ("entry", {"query": {}}), {}, {"body": {"query": {}}}),
        ("search", (), {"doc_type": "entry", "body": {}}, {"body": {}}),
        ("count", ("entry",), {}, {}),
        ("create", ("entry", {"a": 1}, 5), {}, {"id": 5, "body": {"a": 1}}),
        ("update", ("entry", 5, {"doc": {}}), {}, {"id": 5, "body": {"doc": {}}}),
        ("delete", ("entry", 5), {}, {"id": 5}),
        ("get", (5, "entry"), {}, {"id": 5}),
    ],
)
def test_mapping_types_are_ignored_with_a_warning(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any], named: dict[str, Any]
) -> None:
    with pytest.warns(DeprecationWarning, match=rf"{name}\(\) ignores doc_type"):
        assert name_arguments(index_methods()[name], args, kwargs) == named


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("search", ("a", "b"), {}),
        ("search", ({}, {}), {}),
        ("search", ({},), {"body": {}}),
        ("get", (1, {}), {}),
        ("delete", (1, 2, 3), {}),
    ],
)
def test_arguments_that_mean_nothing(
    name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    with pytest.raises(TypeError, match=rf"^{name}\(\) "):
        name_arguments(index_methods()[name], args, kwargs)


def test_the_warning_points_at_the_caller() -> None:
    class Searching(Elasticsearch):
        def search(self, **kwargs: Any) -> Any:
            return kwargs

    backend = ConnectionHandler(SERVERS, INDICES)["default"]
    backend._client = Searching("http://localhost:9200")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert backend.search("entry", {"a": 1}) == {
            "index": ["categories", "a", "b"],
            "body": {"a": 1},
        }
    assert [warning.filename for warning in caught] == [__file__]


def test_an_index_of_several_aliases_is_one_index() -> None:
    class Getting(Elasticsearch):
        def get(self, **kwargs: Any) -> Any:
            return kwargs

    backend = ConnectionHandler(SERVERS, INDICES)["brands"]
    backend._client = Getting("http://localhost:9200")
    assert backend.indices == ["a", "b"]
    assert backend.get(1) == {"index": "brands", "id": 1}
    assert backend.get(1, index="a") == {"index": "a", "id": 1}


def test_a_base_names_the_indices_as_the_document_says() -> None:
    indices = [{"NAME": "index"}, {"NAME": "index_2", "ALIASES": ["alias"]}]
    base = Base("default", {}, indices)
    assert base.indices == base.get_indices() == ["index", "alias"]
    assert base.index_names == base.get_index_names() == ["index", "index_2"]
    assert base.alias_names == base.get_alias_names() == ["alias"]
    assert base.get_indices_with_settings() == {"index": None, "index_2": None}
    with pytest.raises(NotImplementedError):
        base.configure_client()
