"""A change without a transaction is recorded in one of its own, or refused before it happens."""

from typing import Any

import pytest
from django.core import serializers
from django.db import connection, models, transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete

from django_es_admin.documents import fields
from django_es_admin.exceptions import CaptureOutsideTransaction
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from tests.rows.models import Sticker, Trunk

from .conftest import Index, Read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["signals", "worker"])
def drain(request: Any, settings: Any) -> Any:
    """What writes the rows: the process itself, or a worker."""
    if request.param == "signals":
        return lambda: None
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    return drain_due


@pytest.fixture
def trunks(index: Index, drain: Any) -> Read:
    """Read as an attribute that may be anything."""
    read = index(Trunk, name=fields.KeywordField(), words=fields.KeywordField())

    def drained() -> dict[str, Any]:
        drain()
        return read()

    return drained


def words(trunks: Read) -> list[list[str]]:
    return [source["words"] for source in trunks().values()]


def test_links_that_are_made_and_undone(trunks: Read) -> None:
    trunk = Trunk.objects.create(name="a")
    rome, oslo, bern = (Sticker.objects.create(word=word) for word in ("Rome", "Oslo", "Bern"))
    trunk.stick(rome, oslo)
    assert words(trunks) == [["Oslo", "Rome"]]
    trunk.peel(rome)
    assert words(trunks) == [["Oslo"]]
    trunk.stick(bern)
    trunk.strip()
    assert words(trunks) == [[]]
    with transaction.atomic():
        trunk.stick(rome)
        trunk.strip()
        trunk.stick(oslo)
    assert words(trunks) == [["Oslo"]]


def test_links_from_the_other_side(index: Index) -> None:
    read = index(
        Sticker,
        word=fields.KeywordField(),
        trunk_set=fields.NestedField(properties={"name": fields.KeywordField()}),
        related_models=(Trunk,),
        get_instances_from_related=lambda self, trunk: trunk.stickers.all(),
    )
    trunk = Trunk.objects.create(name="a")
    rome, oslo = (Sticker.objects.create(word=word) for word in ("Rome", "Oslo"))

    def named() -> dict[str, list[str]]:
        return {one["word"]: [t["name"] for t in one["trunk_set"]] for one in read().values()}

    trunk.stick(rome, oslo)
    assert named() == {"Rome": ["a"], "Oslo": ["a"]}
    trunk.peel(rome)
    assert named() == {"Rome": [], "Oslo": ["a"]}
    # Once it is cleared, nobody could tell what was linked.
    trunk.stick(rome)
    trunk.strip()
    assert named() == {"Rome": [], "Oslo": []}
    assert not OutboxEntry.objects.exists()


def test_signals_that_are_sent_by_hand(trunks: Read) -> None:
    [trunk] = Trunk.objects.bulk_create([Trunk(name="a")])
    post_save.send(Trunk, instance=trunk, created=True, raw=False, using="default")
    assert [source["name"] for source in trunks().values()] == ["a"]
    Trunk.objects.update(name="b")
    post_save.send(Trunk, instance=trunk, created=False, raw=False, using="default")
    assert [source["name"] for source in trunks().values()] == ["b"]
    Trunk.objects.all()._raw_delete("default")
    models.signals.post_delete.send(Trunk, instance=trunk, using="default", origin=trunk)
    assert trunks() == {}


def test_a_raw_save_is_refused_before_it_happens(trunks: Read) -> None:
    data = '[{"model": "rows.trunk", "pk": 5, "fields": {"name": "raw", "stickers": []}}]'
    [loaded] = serializers.deserialize("json", data)
    with pytest.raises(CaptureOutsideTransaction, match=r"transaction\.atomic"):
        loaded.save()
    assert not Trunk.objects.exists()
    with transaction.atomic():
        loaded.save()
    assert set(trunks()) == {"5"}
    with pytest.raises(CaptureOutsideTransaction):
        models.Model.save_base(Trunk(pk=6, name="raw"))
    assert Trunk.objects.count() == 1
    # A model that is not indexed is none of our business.
    [loaded] = serializers.deserialize(
        "json",
        data.replace("trunk", "sticker").replace('"name": "raw", "stickers": []', '"word": "raw"'),
    )
    loaded.save()
    assert Sticker.objects.count() == 1


def test_a_delete_whose_related_objects_cannot_be_noted_is_refused(index: Index) -> None:
    index(
        Trunk,
        name=fields.KeywordField(),
        stickers=fields.NestedField(properties={"word": fields.KeywordField()}),
        related_models=(Sticker,),
        get_instances_from_related=lambda self, sticker: sticker.trunk_set.all(),
    )
    sticker = Sticker.objects.create(word="Rome")
    with pytest.raises(CaptureOutsideTransaction):
        pre_delete.send(Sticker, instance=sticker, using="default", origin=sticker)


def test_a_transaction_of_the_projects_own_making(trunks: Read) -> None:
    trunk = Trunk.objects.create(name="a")
    rome, oslo = (Sticker.objects.create(word=word) for word in ("Rome", "Oslo"))
    trunk.stick(rome)
    connection.set_autocommit(False)
    try:
        trunk.stick(oslo)
        connection.rollback()
        trunk.strip()
        connection.commit()
    finally:
        connection.set_autocommit(True)
    drain_due()
    assert words(trunks) == [[]]


def test_a_capture_that_fails_leaves_the_others_alone(
    trunks: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    trunk = Trunk.objects.create(name="a")
    # What does not concern this index, or tells of nothing yet, makes no row.
    before = OutboxEntry.objects.count()
    for action in ("pre_add", "pre_remove", "post_clear"):
        m2m_changed.send(
            Trunk.stickers.through,
            action=action,
            instance=trunk,
            reverse=False,
            model=Sticker,
            pk_set=set(),
            using="default",
        )
    assert OutboxEntry.objects.count() == before
