"""The examples of the djangoes document, on a real server, in the order that it has them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.shortcuts import render
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from elasticsearch import Elasticsearch, NotFoundError

from django_es_admin import ConnectionHandler, connection, connections
from django_es_admin.exceptions import SeveralIndices


@pytest.fixture
def configured(es: Elasticsearch, settings: Any) -> Iterator[None]:
    """The connections of "Search & Single-operation configuration", with their indices."""
    server = {**settings.ES_SERVERS["default"]}
    del server["INDICES"]
    settings.ES_SERVERS = {
        "default": {**server, "INDICES": ["categories", "brands"]},
        "categories": {**server, "INDICES": ["categories"]},
        "brands": {**server, "INDICES": ["brands"]},
        "shared": {**server, "INDICES": ["shared"]},
    }
    settings.ES_INDICES = {
        "categories": {"SETTINGS": {"number_of_replicas": 0}},
        "brands": {"SETTINGS": {"number_of_replicas": 0}},
        "shared": {},
    }
    for name, body in connection.get_server_indices().items():
        connection.client.indices.create(index=name, settings=body)
    yield
    connections["default"].client.indices.delete(index=connections["default"].index_names)


@pytest.fixture
def search() -> dict[str, Any]:
    return {"query": {"match_all": {}}}


def test_connection_is_a_proxy_to_the_default_one() -> None:
    assert connection == connections["default"]


@pytest.mark.usefixtures("configured")
def test_indices_of_each_connection(prefix: str) -> None:
    assert connection.indices == [f"{prefix}categories", f"{prefix}brands"]
    assert connections["categories"].indices == [f"{prefix}categories"]
    assert connections["brands"].indices == [f"{prefix}brands"]


@pytest.mark.usefixtures("configured")
def test_create_in_one_and_search_in_all(search: dict[str, Any]) -> None:
    categories, brands = connections["categories"], connections["brands"]
    assert categories.create(1, {"name": "tools"})["result"] == "created"
    assert brands.create("acme", {"name": "Acme"})["result"] == "created"
    connection.refresh()
    results = connection.search(search)
    hits = results.get("hits", {}).get("hits", [])
    assert {hit["_source"]["name"] for hit in hits} == {"tools", "Acme"}
    assert [hit["_id"] for hit in brands.search(search)["hits"]["hits"]] == ["acme"]


@pytest.fixture
def created(es: Elasticsearch, settings: Any) -> None:
    """The indices of that configuration, as the commands of this package make them."""
    server = {**settings.ES_SERVERS["default"]}
    settings.ES_SERVERS = {
        "default": {**server, "INDICES": ["categories", "brands"]},
        "categories": {**server, "INDICES": ["categories"]},
        "brands": {**server, "INDICES": ["brands"]},
    }
    settings.ES_INDICES = {"categories": {}, "brands": {}}
    call_command("es_create", "categories", "brands", verbosity=0)


@pytest.mark.django_db
@pytest.mark.usefixtures("created")
def test_an_index_of_several_connections_is_one_index(
    prefix: str, search: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = connection.client.indices.get_alias(
        index=[f"{prefix}categories", f"{prefix}brands"],
        name=[f"{prefix}categories", f"{prefix}brands"],
    )
    assert len(found.body) == 2
    assert connections["categories"].create(1, {"name": "tools"})["result"] == "created"
    connection.refresh()
    assert connection.count(search)["count"] == 1
    call_command("es_status", "--json", "--all")
    indices = json.loads(capsys.readouterr().out)["indices"]
    named = [(each["index"], each["connection"]) for each in indices]
    assert named.count(("categories", "default")) == 1
    assert {owner for _, owner in named} == {"default"}
    assert [each["index"] for each in indices if each["index"].startswith(prefix)] == []
    with pytest.raises(CommandError, match="'brands' is declared on 'brands': it belongs to the"):
        call_command("es_create", "brands", "--connection", "brands")


@pytest.mark.usefixtures("configured")
def test_search_with_a_mapping_type(search: dict[str, Any]) -> None:
    connections["brands"].index({"name": "Acme"}, refresh=True)
    with pytest.warns(DeprecationWarning, match="doc_type"):
        by_name = connection.search(doc_type="blog_entry", body=search)
    with pytest.warns(DeprecationWarning, match="doc_type"):
        by_position = connection.search("entry", search)
    assert len(by_name["hits"]["hits"]) == len(by_position["hits"]["hits"]) == 1


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize("call", ["get", "create", "update", "delete", "exists", "index"])
def test_single_index_operations_are_refused_on_several(call: str) -> None:
    with pytest.raises(SeveralIndices, match=rf"{call}\(\) works on one index"):
        getattr(connection, call)(id=1)


@pytest.mark.usefixtures("configured")
def test_single_index_operations_are_refused_on_an_alias_of_several(prefix: str) -> None:
    shared = connections["shared"]
    shared.client.indices.put_alias(
        index=[f"{prefix}categories", f"{prefix}brands"], name=f"{prefix}shared"
    )
    for call in (
        lambda: shared.get(1),
        lambda: shared.create(1, {}),
        lambda: shared.update(1, {"doc": {}}),
    ):
        with pytest.raises(SeveralIndices, match=rf"'{prefix}shared' is an alias of 2"):
            call()
    assert shared.count()["count"] == 0


@pytest.mark.usefixtures("configured")
def test_the_other_methods(search: dict[str, Any]) -> None:
    brands = connections["brands"]
    brands.index({"name": "Acme Tools"}, id=1, refresh=True)
    assert brands.get(1)["_source"] == {"name": "Acme Tools"}
    assert brands.exists(1)
    assert not brands.exists(2)
    brands.update(1, {"doc": {"name": "Acme Goods"}}, refresh=True)
    brands.bulk([{"index": {"_id": 2}}, {"name": "Other"}], refresh=True)
    assert brands.count()["count"] == connection.count(search)["count"] == 2
    assert [doc["found"] for doc in brands.mget({"ids": ["1", "3"]})["docs"]] == [True, False]
    [answer] = connection.msearch([{}, search])["responses"]
    assert answer["hits"]["total"]["value"] == 2
    assert [token["token"] for token in brands.analyze(text="Acme Tools")["tokens"]] == [
        "acme",
        "tools",
    ]
    assert brands.delete(2, refresh=True)["result"] == "deleted"
    assert connection.delete_by_query(search, refresh=True)["deleted"] == 1
    with pytest.raises(NotFoundError):
        brands.get(1)


@pytest.mark.usefixtures("configured")
def test_a_search_of_a_point_in_time_names_no_index() -> None:
    pit = connection.open_point_in_time(keep_alive="1m")["id"]
    assert connection.search(pit={"id": pit})["hits"]["hits"] == []
    assert connection.search({"pit": {"id": pit}})["hits"]["hits"] == []
    assert connection.close_point_in_time(id=pit)["succeeded"]


@pytest.mark.usefixtures("configured")
def test_a_namespace_knows_the_index(prefix: str) -> None:
    # A server without that module repeats the path which it was asked for.
    asked = connections["brands"].options(ignore_status=400).ilm.explain_lifecycle()
    assert f"{prefix}brands" in str(asked.body)


@pytest.mark.usefixtures("configured")
def test_advanced_usage_of_the_client(prefix: str) -> None:
    assert isinstance(connection.client, Elasticsearch)
    assert f"{prefix}brands" in connection.client.indices.get_alias(index=f"{prefix}*")


@pytest.mark.usefixtures("configured")
def test_the_view_of_the_introduction() -> None:
    connections["brands"].index({"title": "Acme", "text": "All its tools"}, refresh=True)

    def search_blog_entries(request: Any) -> Any:
        search_term = request.GET["q"]
        query = {"query": {"match": {"text": search_term}}}
        result = connection.search(doc_type="entry", body=query)
        return render(request, "search/results.html", {"results": result})

    template = (
        "{% for hit in results.hits.hits %}{% for name, value in hit.items %}"
        "{% if name == '_source' %}<h2>{{ value.title }}</h2>{% endif %}{% endfor %}{% endfor %}"
    )
    loaders = [("django.template.loaders.locmem.Loader", {"search/results.html": template})]
    engine = {"BACKEND": "django.template.backends.django.DjangoTemplates"}
    with (
        override_settings(TEMPLATES=[{**engine, "OPTIONS": {"loaders": loaders}}]),
        pytest.warns(DeprecationWarning, match="doc_type"),
    ):
        answer = search_blog_entries(RequestFactory().get("/", {"q": "tools"}))
    assert answer.content == b"<h2>Acme</h2>"


def test_the_templates_can_walk_a_result() -> None:
    # As the document has it, `hit._source.title`, no version of Django takes the template.
    results = {"hits": {"hits": [{"_source": {"title": "a"}}]}}
    text = "{% for hit in results.hits.hits %}{{ hit.items|length }}{% endfor %}"
    assert Template(text).render(Context({"results": results})) == "1"


def test_settings_as_the_document_has_them() -> None:
    handler = ConnectionHandler(
        {
            "default": {
                "HOSTS": ["es_host_1", "es_host_2"],
                "ENGINE": "django_es_admin.backends.elasticsearch.SimpleHttpClient",
                "INDICES": ["index_1"],
                "PARAMS": {"timeout": 1, "retry_on_timeout": True, "max_retries": 3},
            }
        },
        {"index_1": {"NAME": "real_index_name", "ALIASES": ["index_catalog", "index_public"]}},
    )
    [backend] = handler.all()
    assert backend.indices == ["index_catalog", "index_public"]
    assert backend.index_names == ["real_index_name"]
    assert backend.get_indices_with_settings() == {"real_index_name": None}
    assert {node.base_url for node in backend.client.transport.node_pool.all()} == {
        "http://es_host_1:9200",
        "http://es_host_2:9200",
    }
