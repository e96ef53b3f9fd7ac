"""A ``save()`` that writes more after ``super().save()`` is indexed as it is at its end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections, transaction
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture.watch import watch_save
from django_es_admin.outbox.drain.batch import BatchDrain
from django_es_admin.outbox.drainers.worker import drain_due
from tests.rows.models import FramedPoster, HastyPoster, Poster, PosterText

from .conftest import Index, Read

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS: dict[str, Any] = {
    "words": fields.IntegerField(),
    "text": fields.KeywordField(),
    "translations": fields.NestedField(properties={"text": fields.KeywordField()}),
}


def poster(title: str = "a", **texts: str) -> Poster:
    made = Poster(title=title)
    made.texts = texts or {"en": "cat", "de": "Katze"}
    return made


EXPECTED = {"words": 2, "text": "cat", "translations": [{"text": "cat"}, {"text": "Katze"}]}


@pytest.fixture
def posters(index: Index) -> Read:
    """Posters whose texts are no ``related_models``: nothing tells that they are stored."""
    return index(Poster, **TEXTS)


def bulk_requests(es: Elasticsearch, definition: IndexDefinition) -> int:
    stats = es.indices.stats(index=definition.alias, metric="bulk")["_all"]["total"]["bulk"]
    total: int = stats["total_operations"]
    return total


def test_what_is_stored_after_the_object(posters: Read) -> None:
    made = poster()
    assert made.save() == "saved"
    assert posters() == {str(made.pk): EXPECTED}
    made.texts = {"en": "dog"}
    made.save()
    assert posters()[str(made.pk)]["text"] == "dog"
    assert not OutboxEntry.objects.exists()


def test_in_one_drain(
    index: Index, es: Elasticsearch, definition: Callable[[], IndexDefinition]
) -> None:
    # Each of them tells of the poster, in a transaction of its own.
    read = index(
        Poster,
        **TEXTS,
        related_models=(PosterText,),
        get_instances_from_related=lambda self, text: text.poster,
    )
    before = bulk_requests(es, definition())
    made = poster()
    made.save()
    assert read() == {str(made.pk): EXPECTED}
    # One for the poster, and one for what all of its texts tell of.
    assert bulk_requests(es, definition()) - before == 2
    made.translations.get(language="en").delete()
    made.translations.create(language="en", text="dog")
    assert read()[str(made.pk)]["text"] == "dog"


def test_through_a_manager_and_in_a_coroutine(posters: Read) -> None:
    created = Poster.objects.create(title="a")
    assert posters() == {str(created.pk): {"words": 0, "text": None, "translations": []}}
    created.texts = {"en": "cat", "de": "Katze"}
    asyncio.run(in_a_coroutine(created.asave))
    assert posters() == {str(created.pk): EXPECTED}


def test_what_a_coroutine_stores_after_the_object(posters: Read) -> None:
    made = HastyPoster(title="a")
    made.texts = {"en": "cat", "de": "Katze"}
    asyncio.run(in_a_coroutine(made.asave))
    assert posters()[str(made.pk)]["text"] == "late"


async def in_a_coroutine(save: Any) -> None:
    await save()
    # Its thread has a connection of its own.
    await sync_to_async(connections.close_all)()


def test_in_a_transaction_of_the_caller(posters: Read) -> None:
    with transaction.atomic():
        made = poster()
        made.save()
        assert posters() == {}
        PosterText.objects.filter(language="en").update(text="dog")
    assert posters()[str(made.pk)]["text"] == "dog"


def test_in_a_transaction_that_is_rolled_back(posters: Read) -> None:
    with suppress(ZeroDivisionError), transaction.atomic():
        poster().save()
        raise ZeroDivisionError
    assert posters() == {}
    assert not OutboxEntry.objects.exists()


def test_an_error_after_the_object_was_stored(posters: Read) -> None:
    made = poster("broken")
    with pytest.raises(ValueError, match="broken"):
        made.save()
    assert posters() == {str(made.pk): EXPECTED}


def test_a_child_of_a_table_of_its_own(index: Index) -> None:
    read = index(FramedPoster, **TEXTS, frame=fields.KeywordField())
    made = FramedPoster(title="a")
    made.texts = {"en": "cat", "de": "Katze"}
    assert made.save() == "saved"
    assert read() == {str(made.pk): {**EXPECTED, "frame": "gold"}}
    # Saved as its parent it is not framed anew.
    parent = Poster.objects.get()
    parent.texts = {"en": "dog"}
    parent.save()
    assert read()[str(made.pk)]["text"] == "dog"


def test_a_save_inside_a_save(posters: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = poster()

    def save(self: Poster, *args: Any, **kwargs: Any) -> Any:
        if self is not inner:
            inner.save()
            PosterText.objects.filter(poster=inner, language="en").update(text="dog")
        return original(self, *args, **kwargs)

    original = Poster.save
    monkeypatch.setattr(Poster, "save", save)
    watch_save(Poster)
    outer = poster()
    outer.save()
    assert {source["text"] for source in posters().values()} == {"cat", "dog"}


def test_a_worker_that_is_faster(posters: Read, by_worker: Any) -> None:
    made = poster()
    # The poster is committed, and its texts are not stored yet.
    made.between = lambda: drained.append(drain_due().result.written)
    drained: list[int] = []
    made.save()
    assert drained == [1]
    assert drain_due().result.written == 1
    assert posters() == {str(made.pk): EXPECTED}


def test_the_time_that_elasticsearch_is_down(
    posters: Read, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    default = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**default, "HOSTS": ["http://127.0.0.1:9"]}}
    made = poster()
    assert made.save() == "saved"
    settings.ES_SERVERS = {"default": default}
    assert OutboxEntry.objects.count() == 1
    drain_due()
    assert posters() == {str(made.pk): EXPECTED}


def test_what_fails_after_the_save_does_not_reach_it(
    posters: Read, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def drain(self: BatchDrain, entries: Any) -> Any:
        raise ZeroDivisionError

    made = poster()
    monkeypatch.setattr(BatchDrain, "drain", drain)
    assert made.save() == "saved"
    assert "ZeroDivisionError" in caplog.text
    assert OutboxEntry.objects.count() == 1
