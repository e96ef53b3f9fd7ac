"""`es_status`, on a real cluster with what can be wrong with it."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
from django.utils import translation
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.management.printed.status_json import (
    ConnectionDocument,
    IndexDocument,
    StatusDocument,
)
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.servers import refusing_port

pytestmark = pytest.mark.django_db

Build = Callable[[], str]


def rows(out: str, column: str) -> list[dict[str, str]]:
    """Return the lines of the table whose first column is called so."""
    lines = out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(column))
    table = lines[start : lines.index("", start)]
    head, *body = [re.split(r"  +", line) for line in table]
    return [dict(zip(head, cells, strict=True)) for cells in body]


def test_all_is_well(run: Run, build: Build, prefix: str) -> None:
    make_products(3)
    generation = build()
    ended = run("es_status", INDEX, "--check")
    assert (ended.code, ended.err) == (0, "")
    (index,) = rows(ended.out, "Index")
    assert (
        index.items()
        >= {
            "Index": INDEX,
            "Connection": "default",
            "Health": "green",
            "Live generation": generation,
            "Documents": "3",
            "Rows": "3",
            "Drift": "none",
        }.items()
    )
    (connection,) = rows(ended.out, "Connection")
    assert connection["Connection"] == "default"
    assert connection["Label"] == "Tests"
    assert ended.out.endswith("\n\nNo problems.\n")


def test_piped_output_is_plain_and_unbroken(run: Run, build: Build) -> None:
    make_products(1)
    generation = build()
    out = run("es_status").out
    assert "\x1b" not in out
    assert any(INDEX in line and generation in line and "none" in line for line in out.splitlines())
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_two_calls_print_the_same(run: Run, build: Build) -> None:
    build()

    def without_latency() -> list[str]:
        return [line for line in run("es_status").out.splitlines() if " ms" not in line]

    assert without_latency() == without_latency()


def test_colours_can_be_forced(run: Run, build: Build) -> None:
    build()
    out = run("es_status", INDEX, force_color=True).out
    assert "\x1b[32mgreen" in out


def test_drift_of_documents(
    run: Run, es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    make_products(5)
    build()
    es.index(index=definition.alias, id="0", document={}, refresh=True)
    ended = run("es_status", INDEX)
    assert (ended.code, rows(ended.out, "Index")[0]["Drift"]) == (0, "1 too many")
    assert f"run manage.py es_verify {INDEX} --repair or manage.py es_rebuild {INDEX}." in ended.out
    make_products(3)
    ended = run("es_status", INDEX)
    assert rows(ended.out, "Index")[0]["Drift"] == "2 missing"
    assert "\n1 problem:\n" in ended.out
    assert f"\n  {INDEX}: 2 documents are missing: run manage.py es_rebuild {INDEX}.\n" in ended.out


def test_drift_of_the_mapping(
    run: Run, es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    build()
    es.indices.put_mapping(index=definition.alias, properties={"colour": {"type": "keyword"}})
    ended = run("es_status", INDEX, "--check")
    assert rows(ended.out, "Index")[0]["Drift"] == "1 field differs"
    assert (ended.code, ended.message) == (2, "Attention is needed: 1 problem.")


def test_a_missing_index(run: Run, es: Elasticsearch) -> None:
    ended = run("es_status", INDEX, "--check")
    assert rows(ended.out, "Index")[0]["Drift"] == "missing"
    assert f"{INDEX}: The index is missing: run manage.py es_rebuild {INDEX}." in ended.out
    assert ended.code == 2
    assert run("es_status", INDEX).code == 0


def test_a_closed_index(
    run: Run, es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    es.indices.close(index=build())
    ended = run("es_status", INDEX, "--check")
    assert rows(ended.out, "Index")[0]["Health"] == "closed"
    assert ended.code == 2


def test_a_dead_connection_beside_a_live_one(run: Run, build: Build, settings: Any) -> None:
    build()
    with refusing_port() as url:
        settings.ES_INDICES = {**settings.ES_INDICES, "memos": {}}
        settings.ES_SERVERS = {
            **settings.ES_SERVERS,
            "dead": {"HOSTS": [url], "INDICES": ["memos"]},
        }
        ended = run("es_status")
        checked = run("es_status", "--connection", "dead", "--check")
        live = run("es_status", "--connection", "default", INDEX, "--check")
    assert (ended.code, checked.code, live.code) == (0, 2, 0)
    assert [row["Health"] == "down" for row in rows(ended.out, "Connection")] == [False, True]
    (memos,) = rows(checked.out, "Index")
    assert (memos["Index"], memos["Drift"]) == ("memos", "unknown")
    assert "  dead: The connection 'dead' is unreachable: start Elasticsearch" in ended.out
    assert "dead" not in live.out


def test_one_name_on_two_connections_is_told_apart(
    run: Run, es: Elasticsearch, settings: Any, prefix: str
) -> None:
    default = settings.ES_SERVERS["default"]
    settings.ES_INDICES = {"memos": {}}
    settings.ES_SERVERS = {
        "default": {**default, "INDICES": ["memos"]},
        "other": {**default, "INDICES": ["memos"], "INDEX_PREFIX": f"{prefix}other-"},
    }
    out = run("es_status", "memos").out
    assert "  memos on default: The index is missing: run manage.py es_create memos." in out
    assert "  memos on other: The index is missing: run manage.py es_create memos." in out
    assert "\n2 problems:\n" in out


def test_indices_that_are_not_declared(run: Run, es: Elasticsearch, prefix: str) -> None:
    es.indices.create(index=f"{prefix}logs", settings={"number_of_replicas": 0})
    assert f"{prefix}logs" not in run("es_status").out
    found = {row["Index"]: row["Drift"] for row in rows(run("es_status", "--all").out, "Index")}
    assert found[f"{prefix}logs"] == "not declared"


def test_names_and_all_exclude_each_other(run: Run) -> None:
    ended = run("es_status", INDEX, "--all")
    assert (ended.code, ended.message) == (1, "Name indices or pass --all, not both.")


def test_nothing_is_declared(run: Run, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ES_INDICES = {}
    settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "INDICES": []}}
    monkeypatch.setattr("django_es_admin.documents.registry._documents", ())
    ended = run("es_status", "--check")
    assert "No index is declared: register a document, or add one to ES_INDICES." in ended.out
    assert ended.code == 0


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "1e300", "soon"])
def test_a_timeout_that_is_none(run: Run, seconds: str) -> None:
    ended = run("es_status", f"--timeout={seconds}")
    assert ended.code == 1
    assert "argument --timeout" in ended.message


def test_a_timeout_of_centuries(run: Run, es: Elasticsearch) -> None:
    ended = run("es_status", "--timeout=9000000000", "--json")
    assert (ended.code, ended.json["connections"][0]["available"]) == (0, True)


def test_json_has_the_documented_keys(run: Run, build: Build, prefix: str) -> None:
    make_products(2)
    generation = build()
    document = run("es_status", INDEX, "--json").json

    def names(kind: type) -> set[str]:
        return {field.name for field in fields(kind)}

    assert document.keys() == names(StatusDocument)
    (connection,) = document["connections"]
    (index,) = document["indices"]
    assert connection.keys() == names(ConnectionDocument)
    assert index.keys() == names(IndexDocument)
    assert document["needs_attention"] is False
    assert (connection["available"], connection["error"]) == (True, None)
    # Of the cluster, in which other tests break indices at the same time.
    assert connection["health"] in ("green", "yellow", "red")
    assert index["index"] == INDEX
    assert index["alias"] == f"{prefix}{INDEX}"
    assert (index["generation"], index["generations"]) == (generation, [generation])
    assert (index["documents"], index["rows"], index["problems"]) == (2, 2, [])
    assert index["model"] == "guide.Product"


def test_json_of_what_is_not_known(run: Run, settings: Any) -> None:
    make_products(2)
    with refusing_port() as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        ended = run("es_status", INDEX, "--json", "--check")
    (connection,), (index,) = ended.json["connections"], ended.json["indices"]
    assert ended.code == 2
    assert ended.json["needs_attention"] is True
    assert connection["error"].startswith("The connection 'default' is unreachable")
    assert (connection["health"], connection["nodes"], connection["latency_ms"]) == (None,) * 3
    assert (index["known"], index["documents"], index["rows"]) == (False, None, 2)


def test_json_says_how_the_mapping_differs(
    run: Run, es: Elasticsearch, definition: IndexDefinition, build: Build
) -> None:
    build()
    es.indices.put_mapping(index=definition.alias, properties={"colour": {"type": "keyword"}})
    (index,) = run("es_status", INDEX, "--json").json["indices"]
    assert index["differences"] == [
        {"path": "colour", "declared": None, "live": {"type": "keyword"}, "needs_rebuild": True}
    ]


def test_an_unknown_index_and_an_unknown_connection(run: Run) -> None:
    ended = run("es_status", "nope", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert ended.message.startswith("No index 'nope' is declared: declared are ")
    ended = run("es_status", "--connection", "nope")
    assert ended.message == "There is no connection 'nope': ES_SERVERS has default."


def test_the_output_is_english_whatever_the_language(
    run: Run, es: Elasticsearch, settings: Any
) -> None:
    with translation.override("de"):
        assert f"run manage.py es_rebuild {INDEX}." in run("es_status", INDEX).out
        with refusing_port() as url:
            settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
            assert "'default' is unreachable: start" in run("es_create").message
            assert "'default' is unreachable: start" in run("es_status").out
        assert translation.get_language() == "de"
