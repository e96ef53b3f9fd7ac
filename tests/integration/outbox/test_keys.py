"""Keys that are not small numbers, and relations to other columns than keys."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import LoadFailed
from django_es_admin.indices.definition import definition_of, get_definition
from django_es_admin.lifecycle.drain_now import drain_now, plan_drain
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import LoadRange, OutboxEntry
from django_es_admin.outbox.capture import capture
from django_es_admin.status.status import get_status
from tests.guide.models import Category, Phrase, Product, Ticket, Use, Word
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[[], dict[str, Any]]


@pytest.fixture
def index(es: Elasticsearch) -> Iterator[Callable[..., Read]]:
    """Declares a document, live and empty; gives what reads it."""
    registered: list[type[Document]] = []

    def declare(model: Any, **attributes: Any) -> Read:
        options = {"model": model, "related_models": attributes.pop("related_models", ())}
        attributes |= {
            "Index": type("Index", (), {"name": "keys"}),
            "Django": type("Django", (), options),
        }
        registered.append(registry.register_document(type("KeyDocument", (Document,), attributes)))
        definition = definition_of(registered[-1])
        make_live(definition)

        def read() -> dict[str, Any]:
            es.indices.refresh(index=definition.alias)
            hits = es.search(index=definition.alias, size=100)["hits"]["hits"]
            return {hit["_id"]: hit["_source"] for hit in hits}

        return read

    yield declare
    for document in registered:
        registry.unregister_document(document)


def test_a_uuid_that_was_given_as_text(index: Callable[..., Read]) -> None:
    read = index(Ticket, name=fields.KeywordField())
    key = UUID("3f0d5bd0-9a1f-4b63-8a1e-3c7d5b9b2d10")
    ticket = Ticket.objects.create(pk=key.hex.upper(), name="a")
    assert set(read()) == {str(key)}
    ticket.delete()
    assert read() == {}


@pytest.mark.parametrize("key", ["", "a/b?c=*&d", 'q"uo\\te', "new\nline", "déjà vu", " "])
def test_texts(index: Callable[..., Read], key: str) -> None:
    read = index(Word, code=fields.KeywordField())
    word = Word.objects.create(pk=key, code="1")
    assert set(read()) == ({key} if key else set())
    word.delete()
    assert read() == {}
    assert not OutboxEntry.objects.filter(delete_sent=False, attempts=0).exists()


@pytest.mark.parametrize("key", ["x" * 512 + "y", "語" * 200])
def test_a_key_that_elasticsearch_refuses_does_not_stop_the_others(
    index: Callable[..., Read], key: str
) -> None:
    read = index(Word, code=fields.KeywordField())
    with transaction.atomic():
        Word.objects.create(pk="good", code="1")
        word = Word.objects.create(pk=key[:512] if key[0] == "x" else key, code="2")
        Word.objects.create(pk="better", code="3")
    found = set(read())
    assert found - {"x" * 512} == {"good", "better"}
    refused = OutboxEntry.objects.filter(error__contains="512 bytes", parked_at__isnull=False)
    assert refused.exists() == (key[0] != "x")
    word.delete()
    assert set(read()) == {"good", "better"}


def test_links_by_another_column(index: Callable[..., Read]) -> None:
    read = index(
        Word,
        phrase_set=fields.NestedField(properties={"name": fields.KeywordField()}),
        related_models=(Phrase,),
    )
    phrase = Phrase.objects.create(name="p")
    word = Word.objects.create(pk="word", code="1")

    def phrases() -> list[str]:
        return [phrase["name"] for phrase in read()["word"]["phrase_set"]]

    phrase.words.add(word)
    assert phrases() == ["p"]
    phrase.words.remove(word)
    assert phrases() == []
    Use.objects.create(phrase=phrase, word=word)
    phrase.words.clear()
    assert phrases() == []


def test_links_among_themselves(index: Callable[..., Read]) -> None:
    read = index(
        Word,
        synonyms=fields.NestedField(properties={"code": fields.KeywordField()}),
        related_models=(Word,),
        get_instances_from_related=lambda self, word: word.synonyms.all(),
    )
    big = Word.objects.create(pk="big", code="1")
    large = Word.objects.create(pk="large", code="2")

    def synonyms() -> dict[str, list[str]]:
        return {key: [s["code"] for s in source["synonyms"]] for key, source in read().items()}

    big.synonyms.add(large)
    assert synonyms() == {"big": ["2"], "large": ["1"]}
    large.code = "3"
    large.save()
    assert synonyms() == {"big": ["3"], "large": ["1"]}
    large.synonyms.clear()
    assert synonyms() == {"big": [], "large": []}
    big.synonyms.add(large)
    large.delete()
    assert synonyms() == {"big": []}


def test_related_objects_that_are_captured_by_hand(index: Callable[..., Read]) -> None:
    read = index(
        Product,
        category=fields.ObjectField(properties={"name": fields.KeywordField()}),
        related_models=(Category,),
        get_instances_from_related=lambda self, category: category.product_set.all(),
    )
    category = Category.objects.create(name="old", slug="c")
    Product.objects.create(name="a", description="", price=1, category=category)
    with transaction.atomic():
        Category.objects.update(name="new")
        assert capture(Category.objects.order_by("pk")[:5]) > 0
    assert [source["category"] for source in read().values()] == [{"name": "new"}]


@pytest.mark.parametrize("model", [Ticket, Word])
def test_a_load_by_ranges_of_keys_that_are_no_numbers(
    model: Any, index: Callable[..., Read], settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 2}
    name = {"name": fields.KeywordField()} if model is Ticket else {"code": fields.KeywordField()}
    read = index(model, **name)
    if model is Ticket:
        made = Ticket.objects.bulk_create(Ticket(name=str(n)) for n in range(90))
    else:
        # The database's order of text need not be Python's.
        words = ("a", "B", "ä", "ß", "Z", "z", "0", "-", "_", "é")
        made = Word.objects.bulk_create(
            Word(text=f"{word} {n}", code=f"{word} {n}") for word in words for n in range(9)
        )
    result = rebuild(plan_rebuild(get_definition("keys")))
    assert set(read()) == {str(one.pk) for one in made}
    # The gate would mend what the load left out, and what it read twice is in no document.
    assert (result.load.rows, result.gate.repaired) == (90, 0)
    ranges = LoadRange.objects.filter(generation__role="live")
    assert [one.rows for one in ranges] == [20, 20, 20, 20, 10]


def test_a_load_of_sparse_keys(index: Callable[..., Read], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "BULK_MAX_DOCUMENTS": 2}
    read = index(Category, name=fields.KeywordField())
    keys = [-(10**9), -5, 0, 1, *range(10**9, 10**9 + 40), 2 * 10**9, 2 * 10**9 + 7]
    Category.objects.bulk_create(Category(pk=key, name=str(key), slug=str(key)) for key in keys)
    result = rebuild(plan_rebuild(get_definition("keys")))
    assert {int(key) for key in read()} == set(keys)
    assert (result.load.rows, result.gate.repaired) == (len(keys), 0)
    # As many as the rows need, however far apart their keys are.
    assert LoadRange.objects.filter(generation__role="live").count() == 3


@pytest.mark.parametrize("key", ["", "語" * 171])
def test_what_can_be_no_id_is_parked_at_once_and_all_agree_on_what_to_do(
    index: Callable[..., Read], key: str
) -> None:
    left_out: list[str] = []
    read = index(
        Word,
        code=fields.KeywordField(),
        get_queryset=lambda self: Word.objects.exclude(pk__in=left_out),
    )
    word = Word.objects.create(pk=key, code="1")
    Word.objects.create(pk="good", code="2")
    word.save()
    # Each save tells the same.
    row = OutboxEntry.objects.get()
    assert (row.key, row.attempts) == (key, 1)
    assert row.parked_at is not None
    assert "give the object another key, or exclude it in get_queryset()" in row.error

    def problems() -> set[str]:
        return {str(problem) for problem in get_status(["keys"]).indices[0].problems}

    mend = "manage.py es_drain --retry"
    assert len(problems()) == 2
    assert all(problem.endswith(f": run {mend}.") for problem in problems()), problems()
    told = StringIO()
    for _ in range(2):
        with pytest.raises(CommandError, match=f"then run `{mend}`"):
            call_command("es_drain", retry=True, stdout=told)
        assert f"Parked: object {key} of keys: its key has 0 or more than 512 bytes" in (
            told.getvalue()
        )
    with pytest.raises(LoadFailed, match=f"The first is the document of object {key}"):
        rebuild(plan_rebuild(get_definition("keys")))
    assert set(read()) == {"good"}
    left_out.append(key)
    call_command("es_drain", retry=True, verbosity=0)
    call_command("es_prune", "keys", builds=True, interactive=False, verbosity=0)
    assert problems() == set()
    assert set(read()) == {"good"}


def test_a_page_drains_what_was_parked(index: Callable[..., Read]) -> None:
    index(Word, code=fields.KeywordField())
    word = Word.objects.create(pk="", code="1")
    definition = get_definition("keys")
    assert plan_drain(definition).parked == 0
    plan = plan_drain(definition, again=True)
    assert (plan.waiting, plan.parked) == (0, 1)
    drain_now(plan)
    assert OutboxEntry.objects.get().parked_at is not None
    Word.objects.filter(pk="").delete()
    assert word.pk == ""
    drain_now(plan_drain(definition, again=True))
    assert not OutboxEntry.objects.filter(delete_sent=False).exists()
