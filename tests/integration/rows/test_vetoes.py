"""An error that the project's code raises, and its caller catches, leaves the transaction whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models.signals import ModelSignal, m2m_changed, post_save, pre_delete, pre_save

from django_es_admin.documents import fields
from django_es_admin.models import OutboxEntry
from tests.rows.models import Sticker, Trunk

from .conftest import Index, Read

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stickers(index: Index) -> Read:
    return index(Sticker, word=fields.KeywordField())


@contextmanager
def vetoed(signal: ModelSignal, sender: Any, when: Callable[[Any], bool]) -> Iterator[None]:
    def veto(instance: Any, **kwargs: Any) -> None:
        if when(instance):
            raise ValueError("not this one")

    # Before ours or after: it is the same.
    signal.connect(veto, sender=sender)
    try:
        yield
    finally:
        signal.disconnect(veto, sender=sender)


def words(read: Read) -> list[str]:
    return sorted(source["word"] for source in read().values())


def is_bad(instance: Any) -> bool:
    return str(instance.word).startswith("bad")


def test_a_save_that_is_vetoed_before(stickers: Read) -> None:
    old = Sticker.objects.create(word="old")
    with vetoed(pre_save, Sticker, is_bad), transaction.atomic():
        Sticker.objects.create(word="first")
        with pytest.raises(ValueError, match="not this one"):
            Sticker.objects.create(word="bad")
        old.word = "bad, too"
        with pytest.raises(ValueError, match="not this one"):
            old.save()
        assert not transaction.get_rollback()
        Sticker.objects.create(word="last")
    assert sorted(Sticker.objects.values_list("word", flat=True)) == ["first", "last", "old"]
    assert words(stickers) == ["first", "last", "old"]
    assert not OutboxEntry.objects.exists()


def test_a_save_that_is_complained_about_afterwards(index: Index) -> None:
    def complain(instance: Any, **kwargs: Any) -> None:
        if is_bad(instance):
            raise LookupError("too late")

    # Connected before the document is: even so, the change is noted first.
    post_save.connect(complain, sender=Sticker)
    try:
        stickers = index(Sticker, word=fields.KeywordField())
        with transaction.atomic():
            with pytest.raises(LookupError):
                Sticker.objects.create(word="bad, but kept")
            Sticker.objects.create(word="good")
        assert words(stickers) == ["bad, but kept", "good"]
        # Without a transaction it is kept, too, as it is without this app.
        with pytest.raises(LookupError):
            Sticker.objects.create(word="bad alone")
        assert Sticker.objects.filter(word="bad alone").exists()
        assert words(stickers) == ["bad alone", "bad, but kept", "good"]
        # What a savepoint undoes, it undoes with what was noted.
        with transaction.atomic():
            with pytest.raises(LookupError), transaction.atomic():
                Sticker.objects.create(word="bad and gone")
            assert not OutboxEntry.objects.exists()
        assert words(stickers) == ["bad alone", "bad, but kept", "good"]
    finally:
        post_save.disconnect(complain, sender=Sticker)


def test_what_a_receiver_wrote_before_its_error_stays_without_a_transaction(stickers: Read) -> None:
    def count(instance: Any, **kwargs: Any) -> None:
        if is_bad(instance):
            Sticker.objects.create(word="a complaint")
            raise ValueError("counted")

    pre_save.connect(count, sender=Sticker)
    try:
        with pytest.raises(ValueError, match="counted"):
            Sticker.objects.create(word="bad")
    finally:
        pre_save.disconnect(count, sender=Sticker)
    assert words(stickers) == ["a complaint"]


class Refusal(Exception):
    """What a project raises."""


@pytest.mark.parametrize("late", [False, True])
def test_a_project_s_own_save_base(index: Index, monkeypatch: Any, late: bool) -> None:
    original = Sticker.save_base

    def save_base(self: Any, *args: Any, **kwargs: Any) -> None:
        if is_bad(self) and not late:
            raise Refusal
        original(self, *args, **kwargs)
        if is_bad(self):
            raise Refusal

    monkeypatch.setattr(Sticker, "save_base", save_base)
    stickers = index(Sticker, word=fields.KeywordField())
    with transaction.atomic():
        with pytest.raises(Refusal):
            Sticker(word="bad").save()
        Sticker(word="good").save()
    with pytest.raises(Refusal):
        Sticker(word="bad alone").save()
    expected = ["bad", "bad alone", "good"] if late else ["good"]
    assert sorted(Sticker.objects.values_list("word", flat=True)) == expected
    assert words(stickers) == expected


def test_a_save_that_validates(stickers: Read, monkeypatch: Any) -> None:
    def save_base(self: Any, *args: Any, **kwargs: Any) -> None:
        self.full_clean()
        models.Model.save_base(self, *args, **kwargs)

    monkeypatch.setattr(Sticker, "save_base", save_base)
    with transaction.atomic():
        with pytest.raises(ValidationError):
            Sticker.objects.create(word="")
        Sticker.objects.create(word="good")
    assert words(stickers) == ["good"]


def test_a_delete_that_is_vetoed_as_without_the_app(stickers: Read) -> None:
    sticker = Sticker.objects.create(word="bad")
    with vetoed(pre_delete, Sticker, is_bad), transaction.atomic():
        with pytest.raises(ValueError, match="not this one"), transaction.atomic():
            sticker.delete()
        Sticker.objects.create(word="good")
    assert words(stickers) == ["bad", "good"]


def test_links_that_are_complained_about(index: Index) -> None:
    trunks = index(Trunk, name=fields.KeywordField(), words=fields.KeywordField())
    trunk = Trunk.objects.create(name="bad")
    rome = Sticker.objects.create(word="Rome")
    through = Trunk.stickers.through
    with (
        vetoed(m2m_changed, through, lambda trunk: trunk.name == "bad"),
        transaction.atomic(),
    ):
        with pytest.raises(ValueError, match="not this one"), transaction.atomic():
            trunk.stickers.add(rome)
        Trunk.objects.create(name="good")
    assert sorted(source["name"] for source in trunks().values()) == ["bad", "good"]


def test_a_change_that_cannot_be_noted_is_not_committed(stickers: Read, monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("no key")

    monkeypatch.setattr("django_es_admin.outbox.capture.signals.object_entries", fail)
    with transaction.atomic():
        with pytest.raises(RuntimeError):
            Sticker.objects.create(word="unnoted")
        # Whoever catches it finds the transaction broken.
        with pytest.raises(DatabaseError):
            Sticker.objects.exists()
    with pytest.raises(RuntimeError):
        Sticker.objects.create(word="unnoted, alone")
    assert not Sticker.objects.exists()


def test_a_row_that_the_database_refuses(stickers: Read) -> None:
    first = Sticker.objects.create(word="first")
    with transaction.atomic():
        with pytest.raises(IntegrityError), transaction.atomic():
            Sticker(pk=first.pk, word="again").save(force_insert=True)
        Sticker.objects.create(word="second")
    with pytest.raises(IntegrityError):
        Sticker(pk=first.pk, word="again").save(force_insert=True)
    assert not connection.needs_rollback
    assert words(stickers) == ["first", "second"]
