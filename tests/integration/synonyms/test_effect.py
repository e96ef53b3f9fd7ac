"""What rules would change is shown before they are saved, and is what they change then."""

import random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from elasticsearch import Elasticsearch
from import_export.formats.base_formats import CSV

from django_es_admin.exceptions import OperationRefused
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.ask import ask
from django_es_admin.insight.log import write
from django_es_admin.insight.searches import PLAIN, find_search
from django_es_admin.insight.synonyms.effect import find_effect
from django_es_admin.insight.synonyms.rewrite import on_trial
from django_es_admin.models import Synonym
from django_es_admin.search.searched import Searched
from tests.integration.admin.visitors import visitor
from tests.integration.documents.declared import Declared

from .conftest import add_things, found
from .test_page import ADD, GOOD, LIST, RIGHTS, change

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "lamp lantern torch pc computer laptop tv television telly sofa couch settee desk".split()


def log(settings: Any, texts: list[str]) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    write.write(Searched("default", "declared-0", PLAIN, text, 1, 1.0) for text in texts)


def answers(definition: IndexDefinition, texts: list[str]) -> dict[str, Any]:
    search = find_search(definition, PLAIN)
    parts = [search.read(text) for text in texts]
    found = []
    for start in range(0, len(parts), 20):
        found += ask(definition, definition.alias, parts[start : start + 20])
    return {text: (one.total, one.keys) for text, one in zip(texts, found, strict=True)}


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shown_is_what_changes(
    shop: Declared, es: Elasticsearch, settings: Any, seed: int
) -> None:
    definition, rng = shop.definition, random.Random(seed)  # noqa: S311
    add_things(es, definition, *(" ".join(rng.sample(WORDS, 3)) for _ in range(40)))
    texts = sorted(
        {*WORDS, *(" ".join(rng.sample(WORDS, 2)) for _ in range(20)), "lamps", "teevee"}
    )
    log(settings, texts)
    Synonym.objects.create(name="shop", rule="sofa, couch")
    rules = [f"{one}, {other}" for one, other in zip(WORDS[::3], WORDS[1::3], strict=False)]
    rules += ["tv => television, telly", "desk => lamp"]
    before = answers(definition, texts)
    same = find_effect(definition, "shop", ["sofa, couch"])
    assert (same.asked, same.same) == (len(texts), len(texts))
    told = find_effect(definition, "shop", rules)
    assert answers(definition, texts) == before, "visitors found what was only tried"
    Synonym.objects.all().delete()
    Synonym.objects.bulk_create(Synonym(name="shop", rule=rule) for rule in rules[1:])
    Synonym.objects.create(name="shop", rule=rules[0])
    after = answers(definition, texts)
    changed = {text for text in texts if before[text] != after[text]}
    assert changed
    assert {one.question.words for one in told.changes} == changed
    for one in told.changes:
        assert (one.after.total, one.after.keys) == after[one.question.words]


def test_it_is_shown_first_and_saved_by_a_second_click(
    shop: Declared, es: Elasticsearch, settings: Any
) -> None:
    blue, _red = add_things(es, shop.definition, "blue computer", "red pc")
    log(settings, ["pc", "lamp"])
    client = visitor(superuser=True)
    page = client.post(ADD, {**GOOD, "_continue": "1"})
    text = page.content.decode()
    assert "Of 2 searches 1 is the same, none loses all hits." in text
    assert "pc" in text
    assert str(blue.pk) in text
    assert not Synonym.objects.exists()
    assert found(es, shop.definition, "pc") == {"red pc"}
    given = dict(page.context["given"])
    assert given["_continue"] == "1"
    saved = client.post(ADD, given)
    rule = Synonym.objects.get()
    assert saved["Location"] == change(rule)
    assert found(es, shop.definition, "pc") == {"red pc", "blue computer"}
    gone = client.get(change(rule, "delete")).content.decode()
    assert "Of 2 searches 1 is the same" in gone
    assert Synonym.objects.exists()
    # Saved as it is, it changes nothing, so that nothing is asked.
    assert client.post(change(rule), {**GOOD, "rule": rule.rule}).status_code == 302


def test_it_is_shown_before_many_rules_go_or_come(
    shop: Declared, es: Elasticsearch, settings: Any
) -> None:
    blue, _red = add_things(es, shop.definition, "blue computer", "red pc")
    log(settings, ["pc", "telly", "lamp"])
    client = visitor(superuser=True)
    # A file, before it is confirmed.
    data = b'name,rule\nshop,pc => computer\nshop,"tv, telly"\n'
    upload = SimpleUploadedFile("s.csv", data, content_type=CSV.CONTENT_TYPE)
    url = reverse("admin:elasticsearch_synonym_import")
    page = client.post(url, {"import_file": upload, "format": "0", "resource": ""})
    text = page.content.decode()
    assert "Of 3 searches 2 are the same" in text
    assert str(blue.pk) in text
    assert not Synonym.objects.exists()
    assert found(es, shop.definition, "pc") == {"red pc"}
    process = reverse("admin:elasticsearch_synonym_process_import")
    client.post(process, page.context["confirm_form"].initial)
    assert Synonym.objects.count() == 2
    assert found(es, shop.definition, "pc") == {"blue computer"}
    # Selected rules, before they are deleted: one alone, and both together.
    for rules, same in ((["tv, telly"], 3), (["tv, telly", "pc => computer"], 2)):
        chosen = Synonym.objects.filter(rule__in=rules).values_list("pk", flat=True)
        asked = {"action": "delete_selected", "_selected_action": list(chosen)}
        text = client.post(LIST, asked).content.decode()
        assert f"Of 3 searches {same} are the same" in text
    assert Synonym.objects.count() == 2
    client.post(LIST, {**asked, "post": "yes"})
    assert not Synonym.objects.exists()
    assert found(es, shop.definition, "pc") == {"red pc"}


def test_a_rule_that_leaves_a_set_changes_both(
    shop: Declared, es: Elasticsearch, settings: Any
) -> None:
    add_things(es, shop.definition, "blue computer", "red pc")
    log(settings, ["pc"])
    rule = Synonym.objects.create(name="shop", rule="pc, computer")
    page = visitor(superuser=True).post(change(rule), {**GOOD, "rule": "tv, telly"})
    assert "Of 1 search 0 are the same" in page.content.decode()
    rule.refresh_from_db()
    assert rule.rule == "pc, computer"


def test_the_words_of_visitors_are_for_those_who_may_see_them(
    shop: Declared, es: Elasticsearch, settings: Any
) -> None:
    add_things(es, shop.definition, "blue computer")
    log(settings, ["secretword pc", "pc"])
    text = visitor(*RIGHTS).post(ADD, GOOD).content.decode()
    assert "Of 2 searches" in text
    assert "Searches that change" not in text
    assert visitor("elasticsearch.view_synonym").post(ADD, GOOD).status_code == 403


def test_where_it_cannot_be_shown_the_rule_is_saved(
    shop: Declared, es: Elasticsearch, prefix: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    log(settings, ["pc"])
    module = "django_es_admin.insight.synonyms.effect"
    monkeypatch.setattr(f"{module}.has_api", lambda *args: False)
    with pytest.raises(OperationRefused, match="rebuild"):
        find_effect(shop.definition, "shop", ["a, b"])
    assert visitor(*RIGHTS).post(ADD, GOOD)["Location"] == LIST
    monkeypatch.undo()
    real = f"{module}.read_set"
    monkeypatch.setattr(real, lambda *args: ("somebody, else",))
    with pytest.raises(OperationRefused, match="Another user"):
        find_effect(shop.definition, "shop", ["a, b"])


@pytest.mark.parametrize(
    ("query", "tried"),
    [
        ({"match": {"name": "x"}}, {"match": {"name": {"query": "x", "analyzer": "t-trial"}}}),
        (
            {"match_phrase": {"name": {"query": "x", "analyzer": "other"}}},
            {"match_phrase": {"name": {"query": "x", "analyzer": "other"}}},
        ),
        ({"match": {"note": "x"}}, {"match": {"note": "x"}}),
        ({"term": {"name": "x"}}, {"term": {"name": "x"}}),
        (
            {"query_string": {"query": "x", "fields": ["name^2"]}},
            {"query_string": {"query": "x", "fields": ["name^2"], "analyzer": "t-trial"}},
        ),
        (
            {"query_string": {"query": "x", "fields": ["name", "note"]}},
            {"query_string": {"query": "x", "fields": ["name", "note"]}},
        ),
        (
            {"bool": {"must": [{"match": {"name": {"query": "x"}}}], "boost": 2}},
            {
                "bool": {
                    "must": [{"match": {"name": {"query": "x", "analyzer": "t-trial"}}}],
                    "boost": 2,
                }
            },
        ),
    ],
)
def test_a_query_is_asked_with_the_other_analyzer(query: Any, tried: Any) -> None:
    assert on_trial(query, {"name": "t-trial"}) == tried


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "kind", ["best_fields", "most_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"]
)
def test_several_fields_score_as_they_did(
    shop: Declared, es: Elasticsearch, prefix: str, kind: str
) -> None:
    definition = shop.definition
    add_things(es, definition, "blue lamp", "lamp", "blue desk lamp lamp")
    for words in ("lamp", "blue lamp"):
        body = {"query": words, "fields": ["name^3", "note"], "type": kind, "boost": 2.0}
        query = {"multi_match": body}
        tried = on_trial(query, {"name": "shop_search-trial"})
        assert tried != query
        hits = [
            [(hit["_id"], hit["_score"]) for hit in found["hits"]["hits"]]
            for found in (es.search(index=definition.alias, query=q) for q in (query, tried))
        ]
        assert hits[0] == hits[1]
        assert hits[0]
