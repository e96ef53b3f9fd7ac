"""Generic relations: an object that moves to another owner concerns both."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import definition_of
from django_es_admin.models import OutboxEntry
from tests.guide.models import Board, Memo, Product
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)

Read = Callable[[], dict[str, list[str]]]


def read_field() -> dict[str, Any]:
    return {"memos": fields.NestedField(properties={"text": fields.KeywordField()})}


def read_by_method() -> dict[str, Any]:
    def prepare_memos(self: Document, instance: Board) -> list[dict[str, str]]:
        return [{"text": memo.text} for memo in instance.memos.order_by("pk")]

    return {**read_field(), "prepare_memos": prepare_memos}


def board_of(self: Document, memo: Memo) -> Board | None:
    return memo.subject if isinstance(memo.subject, Board) else None


@pytest.fixture(params=[read_field, read_by_method])
def document(request: pytest.FixtureRequest) -> Iterator[type[Document]]:
    """Boards with their memos, read by a field or by a method."""
    attributes = {
        **request.param(),
        "name": fields.KeywordField(),
        "Index": type("Index", (), {"name": "boards"}),
        "Django": type("Django", (), {"model": Board, "related_models": [Memo]}),
        "get_instances_from_related": board_of,
    }
    document = registry.register_document(type("BoardDocument", (Document,), attributes))
    yield document
    registry.unregister_document(document)


@pytest.fixture
def boards(document: type[Document], es: Elasticsearch) -> Read:
    """Return the texts on each board, as its index has them."""
    definition = definition_of(document)
    make_live(definition)

    def read() -> dict[str, list[str]]:
        es.indices.refresh(index=definition.alias)
        hits = es.search(index=definition.alias)["hits"]["hits"]
        return {
            hit["_source"]["name"]: [memo["text"] for memo in hit["_source"]["memos"]]
            for hit in hits
        }

    return read


def test_an_object_moves_from_owner_to_owner(boards: Read) -> None:
    old, new = Board.objects.create(name="old"), Board.objects.create(name="new")
    memo = Memo.objects.create(text="m", subject=old)
    assert boards() == {"old": ["m"], "new": []}
    stale = Memo.objects.get()
    memo.subject = new
    memo.save()
    assert boards() == {"old": [], "new": ["m"]}
    stale.save(update_fields=["object_id"])
    assert boards() == {"old": ["m"], "new": []}
    new.memos.add(memo, bulk=False)
    assert boards() == {"old": [], "new": ["m"]}
    memo.refresh_from_db()
    memo.subject = None
    memo.save()
    assert boards() == {"old": [], "new": []}
    memo.subject = old
    memo.save()
    memo.delete()
    assert boards() == {"old": [], "new": []}


def test_an_object_moves_to_another_model(boards: Read) -> None:
    board = Board.objects.create(name="board")
    # Only the model is another one: the key is the same.
    product = Product.objects.create(pk=board.pk, name="p", description="", price=1)
    memo = Memo.objects.create(text="m", subject=board)
    assert boards() == {"board": ["m"]}
    memo.subject = product
    memo.save(update_fields=["content_type", "object_id"])
    assert boards() == {"board": []}


@pytest.mark.usefixtures("boards")
def test_a_change_of_the_text_moves_nothing(document: type[Document], settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    memo = Memo.objects.create(text="m", subject=Board.objects.create(name="b"))
    OutboxEntry.objects.all().delete()
    memo.text = "n"
    memo.save()
    assert list(OutboxEntry.objects.values_list("kind", flat=True)) == ["related"]


@pytest.mark.parametrize("document", [read_field], indirect=True)
def test_generic_relations_are_read_in_one_query_for_all(document: type[Document]) -> None:
    for name in ("a", "b", "c"):
        Memo.objects.create(text=name, subject=Board.objects.create(name=name))
    with CaptureQueriesContext(connection) as queries:
        found = list(document.django.source.read(Board.objects.all()))
    assert [one.source["memos"] for one in found] == [[{"text": t}] for t in "abc"]
    assert len(queries) == 2
    assert document.django.reads.related == {Memo}
