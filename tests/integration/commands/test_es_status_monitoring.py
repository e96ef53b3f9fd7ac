"""`es_status` for monitors: a JSON Schema, and Prometheus's text format."""

import builtins
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from elasticsearch import Elasticsearch
from prometheus_client.parser import text_string_to_metric_families

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.management.printed.prometheus import make_metrics
from django_es_admin.status.made_from import read_ways
from django_es_admin.status.status import get_status
from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.servers import refusing_port

pytestmark = pytest.mark.django_db(transaction=True)

Samples = dict[tuple[str, str], float]


def samples(text: str) -> Samples:
    """The value of each gauge: (name, index or connection) -> value."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        for one in family.samples:
            label = one.labels.get("index") or one.labels.get("connection", "")
            found[one.name.removeprefix("django_es_admin_"), label] = one.value
    return found


def test_gauges(run: Run, es: Elasticsearch, definition: IndexDefinition, settings: Any) -> None:
    make_products(4)
    rebuild(plan_rebuild(definition))
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    Product.objects.first().save()
    done = run("es_status", INDEX, "--prometheus")
    assert done.code == 0
    found = samples(done.out)
    assert found["connection_up", "default"] == 1
    assert found["connection_nodes", "default"] == 1
    assert found["index_documents", INDEX] == 4
    assert found["index_rows", INDEX] == 4
    assert found["index_health", INDEX] == 0
    assert found["index_outbox_waiting", INDEX] == 1
    assert 0 <= found["index_outbox_oldest_seconds", INDEX] < 60
    assert found["index_outbox_parked", INDEX] == 0
    assert found["index_mapping_differences", INDEX] == 0
    assert found["index_size_bytes", INDEX] > 0


def test_what_is_not_known_has_no_sample(run: Run, settings: Any) -> None:
    servers = settings.ES_SERVERS
    with refusing_port() as url:
        settings.ES_SERVERS = {"default": {**servers["default"], "HOSTS": [url]}}
        done = run("es_status", INDEX, "--prometheus")
        told = run("es_status", "--json").json
    settings.ES_SERVERS = servers
    jsonschema.Draft202012Validator(run("es_status", "--schema").json).validate(told)
    assert done.code == 0
    found = samples(done.out)
    assert found["connection_up", "default"] == 0
    assert found["needs_attention", ""] == 1
    assert ("connection_nodes", "default") not in found
    assert ("index_documents", INDEX) not in found
    assert found["index_outbox_waiting", INDEX] == 0


HOSTILE = 'a"b\\c\nd{e="1"} 2 # ü\u2028'


def test_names_that_are_no_plain_words(run: Run, es: Elasticsearch, settings: Any) -> None:
    servers = settings.ES_SERVERS
    settings.ES_SERVERS = {"default": {**servers["default"], "LABEL": HOSTILE}}
    done = run("es_status", INDEX, "--prometheus")
    settings.ES_SERVERS = servers
    [up] = [f for f in text_string_to_metric_families(done.out) if f.name.endswith("connection_up")]
    [sample] = up.samples
    assert sample.labels == {"connection": "default", "label": HOSTILE}


def test_beside_the_metrics_of_the_site(
    run: Run, es: Elasticsearch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Processes of one site may share a folder of values, which others collect."""
    program = (
        "import django; django.setup()\n"
        "from django_es_admin.management.printed.prometheus import make_metrics\n"
        "from django_es_admin.status.status import Status\n"
        "print(make_metrics(Status((), ())))\n"
    )
    path = os.pathsep.join(sys.path)
    environment = {**os.environ, "PYTHONPATH": path, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert samples(ran.stdout) == {("needs_attention", ""): 0}, ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_two_indices_of_one_name_are_one_sample(
    run: Run, es: Elasticsearch, definition: IndexDefinition
) -> None:
    """A series that is there twice makes Prometheus drop all of them."""
    rebuild(plan_rebuild(definition))
    status = get_status([INDEX])
    [declared] = status.indices
    other = replace(declared, declared=False, documents=17)
    for indices in ((declared, other), (other, declared)):
        text = make_metrics(replace(status, indices=indices))
        lines = [line.rpartition(" ")[0] for line in text.splitlines() if line[0] != "#"]
        assert len(lines) == len(set(lines))
        assert samples(text)["index_documents", INDEX] == 0


def test_without_the_package(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.endswith("prometheus"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    done = run("es_status", INDEX, "--prometheus")
    assert done.code == 1
    assert "pip install 'django-es-admin[prometheus]'" in done.message


def test_the_schema_describes_what_is_printed(
    run: Run, es: Elasticsearch, definition: IndexDefinition
) -> None:
    schema = run("es_status", "--schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    make_products(1)
    rebuild(plan_rebuild(definition))
    told = run("es_status", "--all", "--json").json
    validator.validate(told)
    # It would notice.
    for broken in (
        {**told, "indices": [{**told["indices"][0], "documents": "4"}]},
        {**told, "needs_attention": None},
        {key: value for key, value in told.items() if key != "connections"},
    ):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate(broken)
    # Later versions may say more.
    validator.validate(json.loads(json.dumps({**told, "more": 1})))


MADE = "the documents of ProductDocument are made " + (
    "by the database, as JSON."
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    else "as columns, as the database is not PostgreSQL."
)


@pytest.mark.parametrize(
    ("index", "way"),
    [
        (INDEX, MADE),
        ("testapp-notes", "the documents of NoteDocument are made from objects, as "),
    ],
)
def test_which_way_and_why(run: Run, es: Elasticsearch, index: str, way: str) -> None:
    assert way in run("es_status", index, "--verbose").out
    assert way not in run("es_status", index).out


def code(name: str) -> type[Document]:
    """A document with one thing that needs the object."""
    found: dict[str, Any] = {
        "prepare_name": {"prepare_name": lambda self, instance: "x"},
        "prepare": {"prepare": lambda self, instance: {}},
        "should_index_object": {"should_index_object": lambda self, instance: True},
    }[name]
    attributes = {
        "name": fields.TextField(),
        "Index": type("Index", (), {"name": "ways"}),
        "Django": type("Django", (), {"model": Product}),
        **found,
    }
    return type(Document)("Ways", (Document,), attributes)


@pytest.mark.parametrize("name", ["prepare_name", "prepare", "should_index_object"])
def test_code_that_needs_the_object_is_named(name: str) -> None:
    document = registry.register_document(code(name))
    try:
        [way] = read_ways(["ways"])
    finally:
        registry.unregister_document(document)
    assert (way.way, way.why) == ("objects", (f"{name}() needs the object",))
