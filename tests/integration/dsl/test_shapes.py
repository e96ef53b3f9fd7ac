"""Documents in the shapes of real projects: rebuilt, searched, and kept in sync."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import transaction
from django.test import RequestFactory
from django.urls import reverse
from elasticsearch import Elasticsearch
from elasticsearch import dsl as elastic

from django_es_admin.admin.readable import may_read_all
from django_es_admin.checks import check_documents
from django_es_admin.documents.described.places import Place
from django_es_admin.dsl import Document, Index, fields
from django_es_admin.dsl.checks import check_dsl
from django_es_admin.dsl.fields import DEDField
from django_es_admin.dsl.registries import registry
from django_es_admin.indices.definition import definition_of, get_definitions
from django_es_admin.models import LoadRange, OutboxEntry
from django_es_admin.outbox.capture import capture
from django_es_admin.status.compared_object import compare_object
from tests.cars.models import Ad, Answer, Article, Car, Manufacturer, Passage, Question
from tests.live import let_deletes_be_due

from .conftest import Read

Rebuild = Callable[..., None]


def said(*documents: Any) -> list[str | None]:
    return [one.id for one in (*check_documents(), *check_dsl()) if one.obj in documents]


def test_index_objects_and_analyzers(rebuild: Rebuild, read: Read) -> None:
    """One ``Index`` object per module, ``@index.document``, analyzers of the project."""
    folded = elastic.analyzer("folded", tokenizer="standard", filter=["lowercase", "asciifolding"])
    index = Index("cars")
    index.settings(number_of_shards=1, number_of_replicas=0)
    index.analyzer(folded)

    @index.document
    class CarDocument(Document):
        name = fields.TextField(
            analyzer=folded,
            fields={"raw": fields.KeywordField(), "suggest": fields.CompletionField()},
        )
        manufacturer = fields.ObjectField(
            properties={
                "name": fields.TextField(analyzer=folded),
                "country": fields.KeywordField(attr="country"),
            }
        )

        class Django:
            model = Car
            fields = ["price"]
            related_models = [Manufacturer]
            queryset_pagination = 2

        def get_queryset(self) -> Any:
            return super().get_queryset().select_related("manufacturer").filter(is_sold=False)

        def get_instances_from_related(self, related_instance: Any) -> Any:
            return related_instance.car_set.all()

    assert said(CarDocument) == []
    maker = Manufacturer.objects.create(name="Citroën", country_code="FR")
    for number in range(5):
        Car.objects.create(name=f"C{number}", manufacturer=maker, price=number)
    sold = Car.objects.create(name="gone", is_sold=True)
    rebuild()
    assert len(read(CarDocument)) == 5
    found = CarDocument.search().query("match", manufacturer__name="citroen")
    assert found.count() == 5
    assert found.sort("-price").to_queryset().first().name == "C4"
    maker.name = "Škoda"
    maker.save()
    assert CarDocument.search().query("match", manufacturer__name="skoda").count() == 5
    sold.is_sold = False
    sold.save()
    Car.objects.filter(name="C1").delete()
    assert {source["name"] for source in read(CarDocument).values()} == {
        "C0", "C2", "C3", "C4", "gone"
    }  # fmt: skip
    suggested = CarDocument.search().suggest("s", "C", completion={"field": "name.suggest"})
    assert suggested.execute().suggest.s[0].options


def test_doc_type_and_updates_by_hand(rebuild: Rebuild, read: Read) -> None:
    """``@index.doc_type``, ``ignore_signals``, and a job that indexes what has changed."""
    index = Index("ads")
    index.settings(number_of_replicas=0)

    @index.doc_type
    class AdDocument(Document):
        title = fields.TextField()
        car = fields.KeywordField(attr="car.name")

        class Meta:
            dynamic = elastic.MetaField("strict")

        class Django:
            model = Ad
            ignore_signals = True
            auto_refresh = False

    assert said(AdDocument) == []
    rebuild()
    car = Car.objects.create(name="508")
    Ad.objects.bulk_create(Ad(title=f"a{number}", car=car) for number in range(2_500))
    assert read(AdDocument) == {}
    assert AdDocument().update(Ad.objects.all().iterator(), parallel=True) == (2_500, [])
    AdDocument._index.refresh()
    assert AdDocument.search().count() == 2_500
    gone = list(Ad.objects.filter(title__in=["a0", "a1"]))
    keys = [one.pk for one in gone]
    Ad.objects.filter(pk__in=keys).delete()
    AdDocument().update((Ad(pk=key) for key in keys), action="delete", refresh=True)
    assert AdDocument.search().count() == 2_498
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()


def test_inheritance(rebuild: Rebuild, read: Read) -> None:
    """A base class with fields, hooks and options; two documents that inherit from it."""

    class Named(Document):
        name = fields.KeywordField()
        kind = fields.KeywordField()
        slug = fields.KeywordField()

        class Django:
            auto_refresh = False
            related_models: list[Any] = []

        def prepare_kind(self, instance: Any) -> str:
            return type(instance).__name__

        def prepare_slug(self, instance: Any) -> str:
            return self.slug_of(instance)

        def slug_of(self, instance: Any) -> str:
            return instance.name.lower()

    @registry.register_document
    class ManufacturerDocument(Named):
        class Index:
            name = "manufacturers"
            settings = {"number_of_replicas": 0}

        class Django(Named.Django):
            model = Manufacturer
            fields = ["country_code"]

    @registry.register_document
    class CarDocument(Named):
        price = fields.FloatField()

        class Index:
            name = "cars"
            settings = {"number_of_replicas": 0}

        class Django(Named.Django):
            model = Car
            fields = ["is_sold"]

        def slug_of(self, instance: Any) -> str:
            return f"car-{super().slug_of(instance)}"

    assert said(Named, ManufacturerDocument, CarDocument) == []
    Manufacturer.objects.create(name="Peugeot", country_code="FR")
    rebuild()
    Car.objects.create(name="C5", price=3)
    assert list(read(ManufacturerDocument).values()) == [
        {"name": "Peugeot", "kind": "Manufacturer", "slug": "peugeot", "country_code": "FR"}
    ]
    assert list(read(CarDocument).values()) == [
        {"name": "C5", "kind": "Car", "slug": "car-c5", "price": 3.0, "is_sold": False}
    ]


def test_vectors_in_nested_objects(rebuild: Rebuild, read: Read) -> None:
    """A field of the project's own, inside nested objects, searched by similarity."""

    class DenseVectorField(DEDField, elastic.DenseVector):
        pass

    @registry.register_document
    class ArticleDocument(Document):
        passages = fields.NestedField(
            properties={
                "text": fields.TextField(),
                "embedding": DenseVectorField(dims=3, index=True, similarity="cosine"),
            }
        )

        class Index:
            name = "articles"
            settings = {"number_of_shards": 1, "number_of_replicas": 0}

        class Django:
            model = Article
            fields = ["slug"]
            related_models = [Passage]

        def get_instances_from_related(self, related_instance: Passage) -> Article:
            return related_instance.article

    assert said(ArticleDocument) == []
    north, south = (Article.objects.create(slug=slug) for slug in ("north", "south"))
    Passage.objects.create(article=north, text="up", embedding=[0, 1, 0])
    rebuild()
    passage = Passage.objects.create(article=south, text="down", embedding=[0, -1, 0.1])

    def nearest(vector: list[float]) -> list[str]:
        search = ArticleDocument.search().knn(
            field="passages.embedding", k=1, num_candidates=10, query_vector=vector
        )
        return [hit.slug for hit in search.execute()]

    assert (nearest([0, 1, 0.1]), nearest([0, -1, 0])) == (["north"], ["south"])
    passage.delete()
    assert nearest([0, -1, 0]) == ["north"]
    assert read(ArticleDocument)[str(south.pk)] == {"slug": "south", "passages": []}


class JoinField(DEDField, elastic.Join):
    """As projects declare it."""


RELATIONS = {"question": "answer"}


@pytest.fixture
def forum(transactional_db: None, es: Elasticsearch) -> tuple[Any, Any]:
    """Questions and answers in one index of several shards, each answer beside its question."""

    @registry.register_document
    class QuestionDocument(Document):
        join = JoinField(relations=RELATIONS)

        class Index:
            name = "forum"
            settings = {"number_of_shards": 3, "number_of_replicas": 0}

        class Django:
            model = Question
            fields = ["text"]

        @classmethod
        def generate_id(cls, object_instance: Question) -> str:
            return f"question-{object_instance.pk}"

        def prepare_join(self, instance: Question) -> str:
            return "question"

    @registry.register_document
    class AnswerDocument(Document):
        join = JoinField(relations=RELATIONS)
        question_text = fields.TextField(attr="question.text")

        class Index:
            name = "forum"

        class Django:
            model = Answer
            fields = ["text"]
            related_models = [Question]

        @classmethod
        def generate_id(cls, object_instance: Answer) -> str:
            return f"answer-{object_instance.pk}"

        def prepare_join(self, instance: Answer) -> dict[str, str]:
            return {"name": "answer", "parent": f"question-{instance.question_id}"}

        def _prepare_action(self, object_instance: Answer, action: str) -> dict[str, Any]:
            prepared = super()._prepare_action(object_instance, action)
            return {**prepared, "routing": f"question-{object_instance.question_id}"}

        def get_instances_from_related(self, related_instance: Question) -> Any:
            return related_instance.answer_set.all()

    return QuestionDocument, AnswerDocument


class TestParentsAndChildren:
    """Two documents on one index, a parent and a child of a join, with a routing."""

    def test_it_is_one_index(self, forum: tuple[Any, Any]) -> None:
        questions, answers = forum
        assert said(*forum) == []
        assert questions._index._name == answers._index._name
        [definition] = [d for d in get_definitions() if d.name == "forum"]
        assert definition.mappings["properties"].keys() == {"join", "text", "question_text"}
        assert definition.settings["number_of_shards"] == 3
        assert definition.model_label == "cars.Question, cars.Answer"
        assert definition_of(answers).digest == definition.digest

    def test_rebuilt_searched_and_in_sync(
        self, forum: tuple[Any, Any], rebuild: Rebuild, read: Read
    ) -> None:
        questions, answers = forum
        asked = [Question.objects.create(text=f"why {number}") for number in range(4)]
        for question in asked:
            Answer.objects.create(question=question, text=f"because of {question.text}")
        rebuild()
        assert len(read(questions)) == 8
        assert LoadRange.objects.filter(document="cars.Answer").exists()

        with_answer = questions.search().query(
            "has_child", type="answer", query=elastic.Q("match", text="because")
        )
        assert set(with_answer.to_queryset()) == set(asked)
        answer = Answer.objects.get(question=asked[0])
        below = answers.search().query("parent_id", type="answer", id=f"question-{asked[0].pk}")
        assert list(below.to_queryset()) == [answer]

        late = Answer.objects.create(question=asked[1], text="late")
        answer.question = asked[1]
        answer.save()
        assert below.count() == 0
        below = answers.search().query("parent_id", type="answer", id=f"question-{asked[1].pk}")
        assert below.count() == 3
        assert len(read(questions)) == 9

        asked[1].text = "how"
        asked[1].save()
        assert {hit.question_text for hit in below.extra()} == {"how"}

        key = str(Place(f"answer-{late.pk}", f"question-{asked[1].pk}"))
        definition = definition_of(questions)
        assert not compare_object(definition, key).differs
        assert not compare_object(definition, f"question-{asked[0].pk}").differs

        late.delete()
        assert below.count() == 2
        asked[1].delete()
        assert below.count() == 0
        assert len(read(questions)) == 5
        let_deletes_be_due()
        rebuild()
        assert len(read(questions)) == 5

    def test_what_sends_no_signal(
        self, forum: tuple[Any, Any], rebuild: Rebuild, read: Read
    ) -> None:
        questions, answers = forum
        rebuild()
        question = Question.objects.create(text="why")
        with transaction.atomic():
            Answer.objects.bulk_create(Answer(question=question, text=f"a{n}") for n in range(3))
            capture(Answer.objects.all())
        assert len(read(questions)) == 4
        Answer.objects.update(text="b")
        assert answers().update(Answer.objects.all().iterator()) == (3, [])
        assert {s["text"] for s in read(questions).values()} == {"why", "b"}
        call_command("search_index", "--populate", "--models", "cars.Answer")
        assert len(read(questions)) == 4

    def test_its_pages(self, forum: tuple[Any, Any], rebuild: Rebuild, admin_client: Any) -> None:
        question = Question.objects.create(text="why")
        Answer.objects.create(question=question, text="because")
        rebuild()
        call_command("es_status")
        page = admin_client.get("/admin/elasticsearch/").content.decode()
        assert "cars.Question, cars.Answer" in page
        index = admin_client.get(
            reverse("admin:elasticsearch_index_change", args=["default_3Aforum"])
        )
        assert index.status_code == 200

        reader = get_user_model().objects.create_user("reader", is_staff=True)
        request = RequestFactory().get("/")
        request.user = reader
        definition = definition_of(forum[0])
        for codename in ("view_question", "view_answer"):
            assert not may_read_all(site, request, definition)
            reader.user_permissions.add(Permission.objects.get(codename=codename))
            request.user = get_user_model().objects.get(pk=reader.pk)
        assert may_read_all(site, request, definition)

    def test_ids_that_could_meet(self, forum: tuple[Any, Any]) -> None:
        @registry.register_document
        class CarDocument(Document):
            class Index:
                name = "forum"

            class Django:
                model = Car
                fields = ["name"]

        assert said(CarDocument) == []

        @registry.register_document
        class AdDocument(Document):
            class Index:
                name = "forum"

            class Django:
                model = Ad
                fields = ["title"]

        assert said(AdDocument) == ["elasticsearch.E063"]
