"""Tables and columns whose names are no plain words, and keys that are no numbers."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from elasticsearch import Elasticsearch

from django_es_admin.documents import fields, registry
from django_es_admin.outbox.triggers.install import read_state, remove
from tests.rows.models import Badge, Club, Wearing
from tests.triggered import Read, Triggered, execute, kept

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def read(es: Elasticsearch) -> Iterator[Read]:
    triggered = Triggered(es)

    def of_related(instance: Any) -> Any:
        return Club.objects.filter(badge=instance) | Club.objects.filter(badges=instance)

    badge = {"name": fields.KeywordField()}
    yield triggered(
        Club,
        [Badge, Wearing],
        lambda one: one.club if isinstance(one, Wearing) else of_related(one),
        name=fields.KeywordField(),
        both=fields.KeywordField(),
        badge=fields.ObjectField(properties=badge),
        badges=fields.ObjectField(properties=badge),
    )
    for document in triggered.registered:
        registry.unregister_document(document)
    remove("default")


def run(statement: str, *names: str) -> None:
    """Execute a statement in which names stand for brackets."""
    execute(statement.format(*map(connection.ops.quote_name, names)))


CLUBS, BADGES, WEARINGS = (model._meta.db_table for model in (Club, Badge, Wearing))
NAME = "it's"


def test_statements(read: Read) -> None:
    assert read_state("default").is_complete
    red, blue = (Badge.objects.create(pk=f"k {name}'s", name=name) for name in ("red", "blue"))
    one, two = (Club.objects.create(name=name) for name in ("one", "two"))
    run("UPDATE {} SET {} = 'three'", CLUBS, NAME)
    found = read()
    assert [found[str(club.pk)]["name"] for club in (one, two)] == ["three", "three"]
    assert [found[str(club.pk)]["both"] for club in (one, two)] == ["three!", "three!"]
    Club.objects.filter(pk=one.pk).update(badge=red)
    assert read()[str(one.pk)]["badge"] == {"name": "red"}
    run("UPDATE {0} SET {1} = 'green' WHERE {1} = 'red'", BADGES, "SELECT")
    assert read()[str(one.pk)]["badge"] == {"name": "green"}
    Wearing.objects.bulk_create(Wearing(club=two, badge=badge) for badge in (red, blue))
    assert sorted(b["name"] for b in read()[str(two.pk)]["badges"]) == ["blue", "green"]
    run("UPDATE {0} SET {1} = {1}, since = 3", WEARINGS, "Club")
    Wearing.objects.filter(badge=blue).update(club=one)
    found = read()
    assert found[str(one.pk)]["badges"] == [{"name": "blue"}]
    assert found[str(two.pk)]["badges"] == [{"name": "green"}]
    run("DELETE FROM {}", WEARINGS)
    assert not any(source.get("badges") for source in read().values())
    Badge.objects.filter(pk=red.pk).delete()
    assert not read()[str(one.pk)].get("badge")
    run("DELETE FROM {}", CLUBS)
    assert read() == {}
    assert kept() == []
