"""How large the requests of a load are: as large as Elasticsearch has room for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests.integration.commands.products import INDEX, make_products
from tests.integration.lifecycle.conftest import Between
from tests.integration.lifecycle.looks import names, stored
from tests.servers import BUSY_JSON, Answer

pytestmark = pytest.mark.django_db

BUSY = {"type": "es_rejected_execution_exception", "reason": "rejected execution of primary"}


def refuse_the_request(keys: list[str]) -> Answer:
    return Answer(429, BUSY_JSON, "application/json", elasticsearch=True)


def refuse_each(keys: list[str]) -> Answer:
    items = [{"index": {"_id": key, "status": 429, "error": BUSY}} for key in keys]
    return _answer(items)


def refuse_the_last(keys: list[str]) -> Answer:
    items: list[Any] = [{"index": {"_id": key, "status": 201}} for key in keys]
    items[-1]["index"] |= {"status": 429, "error": BUSY}
    return _answer(items)


def _answer(items: list[Any]) -> Answer:
    body = json.dumps({"errors": True, "items": items})
    return Answer(200, body, "application/json", elasticsearch=True)


class Bulks:
    """The bulk requests that come by, and what is answered where there are too many documents.

    Args:
        room: documents that a request may have; each number is for one request, the last one for
            all that follow.
    """

    def __init__(self, refuse: Callable[[list[str]], Answer], *room: int) -> None:
        self._refuse = refuse
        self._room = list(room)
        self.sizes: list[int] = []
        self.bytes: list[int] = []

    def reply(self, method: str, path: str, body: bytes) -> Answer | None:
        if "/_bulk" not in path:
            return None
        lines = [json.loads(line) for line in body.splitlines()]
        keys = [line["index"]["_id"] for line in lines if line.keys() == {"index"}]
        self.sizes.append(len(keys))
        self.bytes.append(len(body))
        room = self._room.pop(0) if len(self._room) > 1 else self._room[0]
        return self._refuse(keys) if len(keys) > room else None


@pytest.fixture
def options(settings: Any) -> Callable[..., None]:
    def give(**options: Any) -> None:
        settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_PATIENCE": 30, **options}

    return give


@pytest.mark.few(2)
@pytest.mark.parametrize("refuse", [refuse_the_request, refuse_each, refuse_the_last])
def test_a_request_that_finds_no_room_is_halved(
    es: Elasticsearch,
    definition: IndexDefinition,
    between: Between,
    options: Callable[..., None],
    refuse: Callable[[list[str]], Answer],
) -> None:
    options(BULK_MAX_DOCUMENTS=20)
    make_products(24)
    bulks = Bulks(refuse, 5)
    with between(bulks.reply):
        result = rebuild(plan_rebuild(get_definition(INDEX)))
    # Each that went through lets the next one have a tenth of the most more.
    assert bulks.sizes[:8] == [20, 10, 5, 7, 3, 5, 7, 3]
    assert (result.load.rows, result.load.failed, result.gate.repaired) == (24, 0, 0)
    assert names(es, definition.alias) == stored()


def test_requests_grow_again(
    es: Elasticsearch,
    definition: IndexDefinition,
    between: Between,
    options: Callable[..., None],
) -> None:
    options(BULK_MAX_DOCUMENTS=20)
    make_products(110)
    bulks = Bulks(refuse_the_request, 0, 0, 20)
    with between(bulks.reply):
        rebuild(plan_rebuild(get_definition(INDEX)))
    assert bulks.sizes == [20, 10, 5, 7, 9, 11, 13, 15, 17, 19, 14]
    assert names(es, definition.alias) == stored()


def test_a_single_document_is_tried_until_there_is_room(
    es: Elasticsearch,
    definition: IndexDefinition,
    between: Between,
    options: Callable[..., None],
) -> None:
    options(BULK_MAX_DOCUMENTS=2)
    make_products(3)
    bulks = Bulks(refuse_the_request, 0, 0, 0, 2)
    with between(bulks.reply):
        rebuild(plan_rebuild(get_definition(INDEX)))
    assert bulks.sizes == [2, 1, 1, 1, 2]
    assert names(es, definition.alias) == stored()


def test_bytes_bound_a_request(
    es: Elasticsearch,
    definition: IndexDefinition,
    between: Between,
    options: Callable[..., None],
) -> None:
    options(BULK_MAX_BYTES=2_000)
    small, large = make_products(25), make_products(1, description="x" * 3_000)
    bulks = Bulks(refuse_the_request, 1_000)
    with between(bulks.reply):
        rebuild(plan_rebuild(get_definition(INDEX)))
    assert sum(bulks.sizes) == len(small) + len(large)
    # What is too large by itself goes alone; the others are as many as there is room for.
    (*full, _rest, large_one) = zip(bulks.sizes, bulks.bytes, strict=True)
    assert large_one[0] == 1
    assert large_one[1] > 3_000
    assert len(full) > 1
    assert all(sent <= 2_000 < sent / size * (size + 1) * 1.05 for size, sent in full)
    assert names(es, definition.alias) == stored()
