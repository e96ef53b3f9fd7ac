"""Documents with an id other than the primary key, or a routing of their own."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from elasticsearch import Elasticsearch

from django_es_admin.documents.described.places import Place
from django_es_admin.dsl import Document
from django_es_admin.dsl.documents import DocType
from django_es_admin.dsl.exceptions import DjangoElasticsearchDslError
from django_es_admin.dsl.places import Trial, find_template
from django_es_admin.dsl.registries import registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.lifecycle.rebuild import rebuild as build
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.status.compared_object import compare_object
from tests.cars.models import Answer, Article, Question
from tests.live import let_deletes_be_due

from .conftest import Read


@pytest.fixture
def articles(rebuild: Callable[..., None]) -> type[DocType]:
    """A document that stands under the slug."""

    @registry.register_document
    class ArticleDocument(Document):
        class Index:
            name = "articles"
            settings = {"number_of_replicas": 0}

        class Django:
            model = Article
            fields = ["text"]

        @classmethod
        def generate_id(cls, object_instance: Article) -> str:
            return object_instance.slug

    rebuild()
    return ArticleDocument


def texts(read: Read, document: Any) -> dict[str, str]:
    return {key: source["text"] for key, source in read(document).items()}


def test_saves_and_deletes(articles: Any, read: Read) -> None:
    article = Article.objects.create(slug="one", text="a")
    assert texts(read, articles) == {"one": "a"}
    assert articles.get(id="one").text == "a"
    article.text = "b"
    article.save(update_fields=["text"])
    assert texts(read, articles) == {"one": "b"}
    article.delete()
    assert read(articles) == {}


@pytest.mark.parametrize("update_fields", [None, ["slug"]])
def test_an_object_that_moves(articles: Any, read: Read, update_fields: Any) -> None:
    article = Article.objects.create(slug="one", text="a")
    article.slug = "two"
    article.save(update_fields=update_fields)
    assert texts(read, articles) == {"two": "a"}


def test_objects_that_change_places(articles: Any, read: Read) -> None:
    one, two = (Article.objects.create(slug=slug, text=slug) for slug in ("one", "two"))
    with transaction.atomic():
        for article, slug in ((one, "three"), (two, "one"), (one, "two")):
            article.slug = slug
            article.save()
    assert texts(read, articles) == {"one": "two", "two": "one"}


def test_a_place_that_another_object_takes(articles: Any, read: Read, settings: Any) -> None:
    """The second delete of the first object must not take the second one away."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "WRITE_TIMEOUT": 0.4, "DELETE_AGAIN_AFTER": 1}
    Article.objects.create(slug="one", text="a").delete()
    assert OutboxEntry.objects.filter(delete_sent=True).exists()
    Article.objects.create(slug="one", text="b")
    time.sleep(1.1)
    call_command("es_drain", "--once")
    assert not OutboxEntry.objects.exists()
    assert texts(read, articles) == {"one": "b"}


def test_update_of_a_queryset(articles: Any, read: Read) -> None:
    Article.objects.bulk_create(Article(slug=f"s{number}") for number in range(3))
    assert articles().update(Article.objects.all().iterator()) == (3, [])
    assert set(read(articles)) == {"s0", "s1", "s2"}


def test_a_rebuild_and_its_gate(articles: Any, read: Read, es: Elasticsearch) -> None:
    Article.objects.bulk_create(Article(slug=f"s{number}") for number in range(3))
    definition = definition_of(articles)
    assert build(plan_rebuild(definition)).gate.documents == 3
    assert set(read(articles)) == {"s0", "s1", "s2"}


def test_what_differs_is_repaired_before_the_swap(articles: Any, read: Read, es: Any) -> None:
    Article.objects.bulk_create(Article(slug=f"s{number}") for number in range(3))
    plan = plan_rebuild(definition_of(articles))

    def spoil(progress: Any) -> None:
        if progress.step == "settle":
            names = set(es.indices.get(index=f"{plan.definition.alias}-*"))
            [name] = names - {plan.source}
            es.delete(index=name, id="s0")
            es.index(index=name, id="ghost", document={"text": "ghost"})

    result = build(plan, spoil)
    assert result.gate.repaired == 2
    assert set(read(articles)) == {"s0", "s1", "s2"}


def test_the_queryset_of_a_search(articles: Any) -> None:
    two, one = (Article.objects.create(slug=slug, text=slug) for slug in ("two", "one"))
    found = articles.search().sort("_doc").to_queryset()
    assert set(found) == {one, two}
    assert list(articles.search().query("match", text="one").to_queryset()) == [one]


def test_the_comparison_of_one_object(articles: Any) -> None:
    Article.objects.create(slug="one", text="a")
    Article.objects.filter(slug="one").update(text="b")
    compared = compare_object(definition_of(articles), "one")
    assert (compared.indexed, compared.would_be) == ({"text": "a"}, {"text": "b"})


def test_a_value_that_the_database_makes(articles: Any, read: Read) -> None:
    article = Article.objects.create(slug="one", text="a")
    article.slug = Concat(F("slug"), Value("-more"))
    article.save()
    assert texts(read, articles) == {"one-more": "a"}


@pytest.fixture
def forum(rebuild: Callable[..., None]) -> type[DocType]:
    """Answers on the shard of their question, in an index of several shards."""

    @registry.register_document
    class AnswerDocument(Document):
        class Index:
            name = "forum"
            settings = {"number_of_replicas": 0, "number_of_shards": 5}

        class Django:
            model = Answer
            fields = ["text"]

        def _prepare_action(self, object_instance: Answer, action: str) -> dict[str, Any]:
            prepared = super()._prepare_action(object_instance, action)
            return {**prepared, "routing": f"q{object_instance.question_id}"}

    rebuild()
    return AnswerDocument


def test_routing(forum: Any, read: Read, es: Elasticsearch) -> None:
    first, *others = (Question.objects.create(text=f"q{number}") for number in range(6))
    answer = Answer.objects.create(question=first, text="yes")
    index = forum._index._name

    def routing() -> list[str]:
        es.indices.refresh(index=index)
        return [hit["_routing"] for hit in es.search(index=index)["hits"]["hits"]]

    assert routing() == [f"q{first.pk}"]
    # From shard to shard: the document that was on the other one is gone.
    for question in others:
        answer.question = question
        answer.save()
        assert routing() == [f"q{question.pk}"]
    Answer.objects.create(question=first, text="no")
    definition = definition_of(forum)
    let_deletes_be_due()
    assert build(plan_rebuild(definition)).gate.documents == 2
    key = str(Place(str(answer.pk), f"q{others[-1].pk}"))
    assert not compare_object(definition, key).differs
    assert forum().update(Answer.objects.all()) == (2, [])
    answer.delete()
    assert routing() == [f"q{first.pk}"]
    first.delete()
    assert routing() == []


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (lambda one: one.slug, ("slug",)),
        (lambda one: one.pk, ("pk",)),
        (lambda one: f"article-{one.pk}", ("pk",)),
        (lambda one: f"{one.slug}-{one.pk}", ("slug", "pk")),
        (lambda one: f"{one.id!s}:{one.slug}", ("id", "slug")),
        (lambda one: str(one.id), ("id",)),
        (lambda one: one.slug.upper(), None),
        (lambda one: one.slug.lower(), None),
        (lambda one: one.slug.replace("-", "_"), None),
        (lambda one: one.slug[:10], None),
        (lambda one: one.slug.strip() + "!", None),
        (lambda one: f"{one.slug}-{one.text}", None),
        (lambda one: f"{one.slug}{one.slug}", None),
        (lambda one: "same", None),
        (lambda one: 7, None),
        (lambda one: hash(one.slug), None),
    ],
)
def test_what_an_id_is_made_of(make: Any, columns: Any) -> None:
    template = find_template(Article, make(Trial(Article)))
    assert (template.columns if template else None) == columns
    if template:
        article = Article(pk=7, slug="a-3", text="x")
        read = template.read(str(make(article)))
        assert read == {name: str(getattr(article, name)) for name in columns}


def test_an_id_that_does_not_lead_back(transactional_db: None) -> None:
    @registry.register_document
    class Upper(Document):
        class Index:
            name = "upper"

        class Django:
            model = Article
            fields = ["text"]

        @classmethod
        def generate_id(cls, object_instance: Article) -> str:
            return object_instance.slug.upper()

    with pytest.raises(DjangoElasticsearchDslError, match="does not lead back"):
        Article.objects.create(slug="one")
    assert not Article.objects.exists()
