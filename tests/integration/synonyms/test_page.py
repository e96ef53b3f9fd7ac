"""Synonyms in the admin: who may, what is refused, what is said, files, and the mend's page."""

import html
import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from elasticsearch import Elasticsearch
from elasticsearch.dsl import analyzer, char_filter, token_filter
from import_export.formats.base_formats import CSV
from tablib import Dataset

from django_es_admin.documents import fields, synonyms
from django_es_admin.import_export.synonyms import SynonymResource
from django_es_admin.models import Operation, Synonym
from tests.inputs.models import Thing
from tests.integration.admin.visitors import visitor
from tests.integration.documents.conftest import build, declare  # noqa: F401 (fixtures)
from tests.integration.documents.declared import Declared

from .conftest import SETTINGS, add_things, found, lose_indices

pytestmark = pytest.mark.django_db(transaction=True)
LIST = reverse("admin:elasticsearch_synonym_changelist")
ADD = reverse("admin:elasticsearch_synonym_add")
GOOD = {"connection": "default", "name": "shop", "rule": "pc,computer"}
RIGHTS = [f"elasticsearch.{verb}_synonym" for verb in ("view", "add", "change", "delete")]


def change(rule: Synonym, verb: str = "change") -> str:
    return reverse(f"admin:elasticsearch_synonym_{verb}", args=[rule.pk])


def test_who_may(shop: Declared) -> None:
    rule = Synonym.objects.create(**GOOD)
    reader = visitor("elasticsearch.view_synonym")
    assert reader.get(LIST).status_code == 200
    assert reader.post(ADD, GOOD).status_code == 403
    assert reader.post(change(rule), GOOD).status_code == 403
    assert reader.post(change(rule, "delete"), {"post": "yes"}).status_code == 403
    assert visitor("elasticsearch.view_index").get(LIST).status_code == 403
    assert visitor(*RIGHTS, staff=False).get(LIST).status_code == 302


def test_a_rule_from_the_form_acts_and_leaves_its_history(
    shop: Declared, es: Elasticsearch
) -> None:
    add_things(es, shop.definition, "blue computer")
    client = visitor(*RIGHTS)
    told = client.post(ADD, GOOD, follow=True).content.decode()
    assert "Searches use the synonyms shop from now on." in told
    assert found(es, shop.definition, "pc") == {"blue computer"}
    rule = Synonym.objects.get()
    assert rule.rule == "pc, computer"
    operation = Operation.objects.get(kind=Operation.Kind.SYNONYMS)
    assert operation.who == LogEntry.objects.get().user.get_username()
    client.post(change(rule), {**GOOD, "rule": "x, y"})
    assert found(es, shop.definition, "pc") == set()
    history = client.get(reverse("admin:elasticsearch_synonym_history", args=[rule.pk]))
    assert "Changed Rule" in history.content.decode()
    client.post(change(rule, "delete"), {"post": "yes"})
    assert not Synonym.objects.exists()
    Synonym.objects.create(**GOOD)
    data = {"action": "delete_selected", "_selected_action": Synonym.objects.get().pk}
    told = client.post(LIST, {**data, "post": "yes"}, follow=True).content.decode()
    assert "Searches use the synonyms shop" in told
    assert found(es, shop.definition, "pc") == set()


@pytest.mark.parametrize(
    "wrong",
    [{"name": "nope"}, {"connection": "nope"}, {"rule": "pc"}, {"rule": "a => b => c"}],
)
def test_what_no_search_would_use_is_refused(shop: Declared, wrong: dict[str, str]) -> None:
    response = visitor(*RIGHTS).post(ADD, {**GOOD, **wrong})
    assert response.status_code == 200
    assert "errornote" in response.content.decode()
    assert not Synonym.objects.exists()


def test_the_same_rule_twice_is_refused(shop: Declared) -> None:
    Synonym.objects.create(**{**GOOD, "rule": "pc, computer"})
    assert visitor(*RIGHTS).post(ADD, GOOD).status_code == 200
    assert Synonym.objects.count() == 1


def test_the_form_offers_the_sets_that_there_are(shop: Declared) -> None:
    client = visitor(*RIGHTS)
    page = client.get(ADD).content.decode()
    for name, value in (("name", "shop"), ("connection", "default")):
        assert re.search(rf'<select name="{name}"[^>]*>\s*<option value="{value}" selected', page)
    # A rule of a set that no analyzer names any more is shown as it is.
    rule = Synonym.objects.create(connection="gone", name="<gone>", rule="a, b")
    page = client.get(change(rule)).content.decode()
    assert '<option value="gone" selected' in page
    assert '<option value="&lt;gone&gt;" selected' in page
    assert '<option value="shop">' in page


def test_the_form_says_that_there_is_no_set(es: Elasticsearch) -> None:
    client = visitor(*RIGHTS)
    assert '<input type="text" name="name"' in client.get(ADD).content.decode()
    assert "there are none" in client.post(ADD, GOOD).content.decode()


def test_an_outage_is_said_and_nothing_is_lost(shop: Declared, settings: Any) -> None:
    servers = settings.ES_SERVERS
    default = {**servers["default"], "HOSTS": ["http://127.0.0.1:9"]}
    settings.ES_SERVERS = {**servers, "default": default}
    told = visitor(*RIGHTS).post(ADD, GOOD, follow=True).content.decode()
    assert "Elasticsearch does not have them yet" in told
    assert "unreachable" in told
    settings.ES_SERVERS = servers
    assert Synonym.objects.count() == 1


def test_a_file_out_and_in(shop: Declared, es: Elasticsearch) -> None:
    add_things(es, shop.definition, "blue computer", "green lamp")
    data = Dataset(headers=["name", "rule"])
    for rule in ("pc,computer", "pc, computer", "lantern=>lamp"):
        data.append(["shop", rule])
    result = SynonymResource().import_data(data, raise_errors=True)
    assert result.totals["new"] == 2
    assert found(es, shop.definition, "lantern") == {"green lamp"}
    assert Operation.objects.filter(kind=Operation.Kind.SYNONYMS).count() == 1
    again = Dataset().load(SynonymResource().export().csv, format="csv")
    assert SynonymResource().import_data(again, raise_errors=True).totals["skip"] == 2
    bad = Dataset(["shop", "only"], headers=["name", "rule"])
    assert SynonymResource().import_data(bad).has_validation_errors()
    client = visitor(superuser=True)
    assert "import/" in client.get(LIST).content.decode()
    upload = SimpleUploadedFile("s.csv", b"name,rule\nshop,a b\n", content_type=CSV.CONTENT_TYPE)
    url = reverse("admin:elasticsearch_synonym_import")
    response = client.post(url, {"import_file": upload, "format": "0", "resource": ""})
    assert "two different words" in response.content.decode()


def test_the_page_that_mends_what_differs(shop: Declared, es: Elasticsearch, prefix: str) -> None:
    Synonym.objects.create(**{**GOOD, "rule": "pc, computer"})
    es.synonyms.put_synonym(id=f"{prefix}shop", synonyms_set=[])
    name = shop.definition.name
    url = reverse("admin:elasticsearch_index_synonyms", args=[f"default_3A{name}"])
    assert visitor("elasticsearch.view_index").get(url).status_code == 403
    client = visitor("elasticsearch.view_index", "elasticsearch.reindex_objects")
    index = reverse("admin:elasticsearch_index_change", args=[f"default_3A{name}"])
    page = client.get(index).content.decode()
    assert "1 rule of the synonyms <bdi>shop</bdi> differs between Elasticsearch" in page
    assert url in page
    response = client.get(url)
    assert f"PUT /_synonyms/{prefix}shop" in response.content.decode()
    fingerprint = response.context["fingerprint"]
    done = client.post(url, {"fingerprint": fingerprint}, follow=True).content.decode()
    assert "Searches use these synonyms (rules of each set): <bdi>shop: 1</bdi>." in done
    page = client.get(index).content.decode()
    assert "differs between Elasticsearch" not in page
    assert "nothing: Elasticsearch has the rules" in client.get(url).content.decode()


def stopping(**options: Any) -> dict[str, Any]:
    """Return a document that drops some words before its synonyms."""
    stop = token_filter("few", type="stop", stopwords=["the", "of"])
    marks = char_filter("marks", type="mapping", mappings=["& => "])
    searched = analyzer(
        "stopped_search",
        tokenizer="standard",
        char_filter=[marks],
        filter=["lowercase", stop, synonyms("shop")],
    )
    return {
        "settings": SETTINGS,
        "name": fields.TextField(analyzer="standard", search_analyzer=searched),
        "prepare_name": lambda self, instance: (instance.data or {}).get("name"),
        **options,
    }


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("rule", "lost"),
    [
        ("the, lamp", "the"),
        ("lamp, The of", "The of"),
        ("lamp => of", "of"),
        ("& => and", "&"),
        ("!!!, lamp", "!!!"),
        (r"\,, lamp", ","),
        ("the lamp, lantern", ""),
        ("r\\&d, research", ""),
    ],
)
def test_a_term_of_which_nothing_is_left_is_refused(
    api: None,
    declare: Any,  # noqa: F811
    rule: str,
    lost: str,
) -> None:
    declare(Thing, **stopping())
    response = visitor(*RIGHTS).post(ADD, {**GOOD, "rule": rule})
    data = Dataset(["shop", rule], headers=["name", "rule"])
    result = SynonymResource().import_data(data)
    if not lost:
        assert response.status_code == 302
        assert not result.has_validation_errors()
        return
    told = f"The analyzer stopped_search of declared-0 leaves nothing of “{lost}”"
    assert told in html.unescape(response.content.decode())
    assert told in str(result.invalid_rows[0].error)
    assert not Synonym.objects.exists()


def test_where_nobody_can_analyse_the_rule_is_saved(
    api: None,
    declare: Any,  # noqa: F811
    es: Elasticsearch,
    prefix: str,
) -> None:
    declare(Thing, **stopping())
    lose_indices(es, prefix)
    assert visitor(*RIGHTS).post(ADD, {**GOOD, "rule": "the, lamp"}).status_code == 302
    assert Synonym.objects.exists()
