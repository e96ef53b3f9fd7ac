"""The database captures changes by itself, whoever makes them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps as django_apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.migrations.state import ProjectState

from django_es_admin.documents import Document, fields, registry
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.triggers import install as triggers_of_install
from django_es_admin.outbox.triggers.install import install, read_state, remove
from django_es_admin.outbox.triggers.trigger import LEAVING
from django_es_admin.outbox.triggers.wanted import forget, installed
from django_es_admin.status.status import get_status
from tests.guide.models import (
    Board,
    Category,
    Kiosk,
    Memo,
    Phrase,
    Place,
    Product,
    Restaurant,
    Review,
    Tag,
    Use,
    Word,
)
from tests.triggered import Triggered, execute, kept, make, products, run

pytestmark = pytest.mark.django_db(transaction=True)


def test_inserts_updates_and_deletes(triggered: Triggered) -> None:
    read = products(triggered)
    first, second = make("a"), make("b")
    assert {source["name"] for source in read().values()} == {"a", "b"}
    execute("UPDATE guide_product SET name = 'c' WHERE name = 'a'")
    assert kept() == [("object", "", str(first.pk))]
    assert {source["name"] for source in read().values()} == {"b", "c"}
    execute("DELETE FROM guide_product WHERE name = 'b'")
    assert kept() == [("object", "", str(second.pk))]
    assert {source["name"] for source in read().values()} == {"c"}
    execute(
        "INSERT INTO guide_product (name, description, price, is_active, photo) "
        "VALUES ('d', '', 1, '1', ''), ('e', '', 1, '1', '')"
    )
    assert len(kept()) == 2
    assert {source["name"] for source in read().values()} == {"c", "d", "e"}
    assert kept() == []


def test_only_columns_that_the_document_reads(triggered: Triggered) -> None:
    products(triggered)
    make()
    OutboxEntry.objects.all().delete()
    Product.objects.update(price=9, description="other")
    Product.objects.update(name="Boot")
    assert kept() == []
    Product.objects.update(name="BOOT")
    assert len(kept()) == 1


def test_one_row_for_a_save_that_is_drained_at_once(triggered: Triggered) -> None:
    products(triggered)
    with transaction.atomic():
        product = make()
        assert kept() == [("object", "", str(product.pk))]
    assert kept() == []
    product.name = "Shoe"
    product.save()
    with transaction.atomic():
        execute("UPDATE guide_product SET name = 'c'")
        product.refresh_from_db()
        product.name = "d"
        product.save()
        assert kept() == [("object", "", str(product.pk))] * 2
    assert kept() == []
    product.delete()
    assert kept() == []


def test_a_transaction_that_is_rolled_back_in_part(triggered: Triggered) -> None:
    read = products(triggered)
    with transaction.atomic():
        make("a")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            _make_and_fail()
        make("c")
    assert kept() == []
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        _make_and_fail()
    assert kept() == []
    make("e")
    assert kept() == []
    assert {source["name"] for source in read().values()} == {"a", "c", "e"}


def _make_and_fail() -> None:
    make("b")
    raise ZeroDivisionError


def test_related_objects_and_links(triggered: Triggered) -> None:
    read = products(triggered)
    shoes, tag = Category.objects.create(name="Shoes", slug="s"), Tag.objects.create(name="new")
    product = make(category=shoes)
    product.tags.add(tag)
    other = make("Other")
    read()
    execute("UPDATE guide_category SET name = 'Footwear'")
    assert kept() == [("related", "guide.Category", str(shoes.pk))]
    assert read()[str(product.pk)]["category"] == {"name": "Footwear"}
    execute("UPDATE guide_tag SET name = 'old'")
    assert read()[str(product.pk)]["tags"] == [{"name": "old"}]
    execute("UPDATE guide_product_tags SET product_id = %s", other.pk)
    found = read()
    assert found[str(product.pk)]["tags"] == []
    assert found[str(other.pk)]["tags"] == [{"name": "old"}]
    execute("DELETE FROM guide_product_tags")
    assert read()[str(other.pk)]["tags"] == []
    product.tags.set([tag])
    assert kept() == []
    tag.delete()
    shoes.delete()
    assert kept() == []
    assert list(read()) == [str(other.pk)]


def test_the_old_and_the_new_owner(triggered: Triggered) -> None:
    read = triggered(
        Product,
        [Review],
        lambda review: review.product,
        name=fields.KeywordField(),
        reviews=fields.ObjectField(properties={"text": fields.KeywordField()}),
    )
    old, new = make("old"), make("new")
    for number in range(3):
        old.reviews.create(text=f"t{number}", stars=1)
    assert len(read()[str(old.pk)]["reviews"]) == 3
    execute("UPDATE guide_review SET product_id = %s WHERE text <> 't0'", new.pk)
    assert ("object", "", str(old.pk)) in kept()
    found = read()
    assert len(found[str(old.pk)]["reviews"]) == 1
    assert len(found[str(new.pk)]["reviews"]) == 2
    execute("DELETE FROM guide_review WHERE text = 't0'")
    execute("UPDATE guide_review SET stars = 5")
    assert kept() == [("object", "", str(old.pk))]
    assert not read()[str(old.pk)]["reviews"]


def test_a_document_of_methods_reads_anything(triggered: Triggered) -> None:
    def prepare_words(self: Any, instance: Product) -> list[str]:
        return [review.text for review in instance.reviews.order_by("pk")]

    read = triggered(
        Product,
        [Review],
        lambda review: review.product,
        words=fields.KeywordField(),
        prepare_words=prepare_words,
    )
    old, new = make("old"), make("new")
    old.reviews.create(text="a", stars=1)
    assert read()[str(old.pk)]["words"] == ["a"]
    execute("UPDATE guide_review SET product_id = %s", new.pk)
    found = read()
    assert [found[str(one.pk)]["words"] for one in (old, new)] == [[], ["a"]]
    execute("DELETE FROM guide_review")
    assert read()[str(new.pk)]["words"] == []
    execute("UPDATE guide_product SET price = 3 WHERE name = 'old'")
    assert kept() == [("object", "", str(old.pk))]


def test_inherited_tables(triggered: Triggered) -> None:
    read = triggered(Restaurant, name=fields.KeywordField(), stars=fields.IntegerField())
    first = Restaurant.objects.create(name="a", stars=1)
    Place.objects.create(name="no restaurant")
    assert kept() == []
    execute("UPDATE guide_place SET name = name || 'x'" if _pipes() else _CONCAT)
    assert kept() == [("object", "", str(first.pk))]
    execute("UPDATE guide_restaurant SET stars = 2")
    assert [(s["name"], s["stars"]) for s in read().values()] == [("ax", 2)]
    execute("UPDATE guide_place SET city = 'B'")
    assert kept() == []
    Restaurant.objects.all().delete()
    assert read() == {}


_CONCAT = "UPDATE guide_place SET name = CONCAT(name, 'x')"


def _pipes() -> bool:
    return connection.vendor != "mysql"


def test_keys_that_are_no_numbers(triggered: Triggered) -> None:
    read = triggered(Kiosk, name=fields.KeywordField())
    kiosk = Kiosk.objects.create(name="a", code="1")
    execute("UPDATE guide_kiosk SET name = 'b'")
    assert kept() == [("object", "", str(kiosk.pk))]
    assert {key: source["name"] for key, source in read().items()} == {str(kiosk.pk): "b"}
    execute("DELETE FROM guide_kiosk")
    assert read() == {}


def test_a_key_that_is_changed(triggered: Triggered) -> None:
    read = triggered(Word, text=fields.KeywordField(), code=fields.KeywordField())
    Word.objects.create(text="old", code="1")
    Word.objects.create(text="kept", code="2")
    read()
    execute("UPDATE guide_word SET text = 'new' WHERE text = 'old'")
    assert kept() == [("object", "", "new"), ("object", "", "old")]
    assert sorted(read()) == ["kept", "new"]
    execute("UPDATE guide_word SET text = 'NEW' WHERE text = 'new'")
    assert sorted(read()) == ["NEW", "kept"]


def test_a_link_to_another_column_than_the_key(triggered: Triggered) -> None:
    read = triggered(
        Phrase,
        [Word, Use],
        lambda one: one.phrase if isinstance(one, Use) else one.phrase_set.all(),
        name=fields.KeywordField(),
        words=fields.ObjectField(properties={"text": fields.KeywordField()}),
    )
    phrase = Phrase.objects.create(name="p")
    words = [Word.objects.create(text=text, code=text.upper()) for text in "ab"]
    phrase.words.add(*words)
    assert len(read()[str(phrase.pk)]["words"]) == 2
    execute("DELETE FROM guide_use WHERE word_id = 'A'")
    assert [word["text"] for word in read()[str(phrase.pk)]["words"]] == ["b"]


def test_generic_relations(triggered: Triggered) -> None:
    read = triggered(
        Board,
        [Memo],
        lambda memo: memo.subject if isinstance(memo.subject, Board) else None,
        name=fields.KeywordField(),
        memos=fields.ObjectField(properties={"text": fields.KeywordField()}),
    )
    old, new = Board.objects.create(name="old"), Board.objects.create(name="new")
    Memo.objects.create(text="a", subject=old)
    Memo.objects.create(text="b", subject=make())
    assert len(read()[str(old.pk)]["memos"]) == 1
    execute("UPDATE guide_memo SET object_id = %s WHERE text = 'a'", new.pk)
    found = read()
    assert [len(found[str(one.pk)]["memos"] or []) for one in (old, new)] == [0, 1]
    execute("DELETE FROM guide_memo")
    assert not read()[str(new.pk)]["memos"]


def test_many_rows_in_one_statement(triggered: Triggered) -> None:
    products(triggered)
    Product.objects.bulk_create(
        [Product(name=f"p{n}", description="", price=1) for n in range(3000)]
    )
    assert len(kept()) == 3000
    Product.objects.update(name="x")
    assert len(kept()) == 6000


@pytest.mark.skipif(connection.vendor != "postgresql", reason="no TRUNCATE that could be seen")
def test_truncate(triggered: Triggered) -> None:
    read = products(triggered)
    product = make()
    product.tags.add(Tag.objects.create(name="a"))
    read()
    execute("TRUNCATE guide_product_tags")
    assert kept() == [("object", "", str(product.pk))]
    assert read()[str(product.pk)]["tags"] == []
    execute("TRUNCATE guide_product CASCADE")
    assert read() == {}


def test_triggers_follow_their_document(triggered: Triggered) -> None:
    products(triggered)
    before = read_state("default")
    assert before.is_complete
    assert len(before.present) > 6
    registry.unregister_document(triggered.registered.pop())
    assert len(read_state("default").old) == len(before.present)
    triggered(Product, name=fields.KeywordField(), price=fields.FloatField())
    after = read_state("default")
    assert after.is_complete
    assert {one.table for one in after.present} == {"guide_product", "guide_product_tags"} or {
        one.table for one in after.present
    } == {"guide_product"}
    registry.unregister_document(triggered.registered.pop())
    install("default")
    assert read_state("default").present == ()
    assert read_state("default").old == ()


def test_signals_capture_where_triggers_are_missing(triggered: Triggered) -> None:
    read = products(triggered)
    remove("default")
    with transaction.atomic():
        product = make()
        assert kept() == [("object", "", str(product.pk))]
    assert list(read()) == [str(product.pk)]
    missing = read_state("default").missing
    install("default")
    assert read_state("default").present == missing


def test_another_process(triggered: Triggered) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("its client is tested elsewhere")
    read = products(triggered)
    make("a")
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute(\"UPDATE guide_product SET name = 'z'\"); c.commit()"
    )
    name = str(connection.settings_dict["NAME"])
    subprocess.run([sys.executable, "-c", script, name], check=True)
    assert [source["name"] for source in read().values()] == ["z"]


def test_the_command(triggered: Triggered) -> None:
    products(triggered)
    names = {trigger.name for trigger in read_state("default").present}
    assert f"{len(names)} triggers are there, 0 missing, 0 old" in run("status")
    found = json.loads(run("status", "--json"))["databases"][0]
    assert {one["name"] for one in found["present"]} == names
    sql = run("status", "--sql")
    assert all(name in sql for name in names)
    gone = run("remove", "--sql")
    assert all(name in gone for name in names)
    assert "CREATE" not in gone
    assert "DROP TRIGGER" in gone
    run("remove")
    assert read_state("default").present == ()
    with pytest.raises(CommandError, match="es_triggers install") as error:
        run("status")
    assert error.value.returncode == 2
    [index] = [one for one in get_status().indices if one.name == "triggered"]
    assert "triggers-missing" in [problem.kind for problem in index.problems]
    run("install")
    assert {trigger.name for trigger in read_state("default").present} == names
    [index] = [one for one in get_status().indices if one.name == "triggered"]
    assert "triggers-missing" not in [problem.kind for problem in index.problems]


def test_migrate_installs_and_removes(triggered: Triggered) -> None:
    products(triggered)
    wanted = read_state("default").present
    remove("default")
    call_command("migrate", verbosity=0, interactive=False)
    assert read_state("default").present == wanted
    execute("CREATE TABLE other (id integer)")
    execute("DROP TABLE other")
    registry.unregister_document(triggered.registered.pop())
    call_command("migrate", verbosity=0, interactive=False)
    assert read_state("default").old == ()


def test_a_document_that_goes_back_to_signals(triggered: Triggered) -> None:
    products(triggered)
    document = triggered.registered.pop()
    registry.unregister_document(document)
    old = read_state("default").old
    attributes = {
        "name": fields.KeywordField(),
        "category": fields.ObjectField(properties={"name": fields.KeywordField()}),
        "tags": fields.NestedField(properties={"name": fields.KeywordField()}),
        "get_instances_from_related": document.get_instances_from_related,
        "Index": type("Index", (), {"name": "triggered"}),
        "Django": type("Django", (), {"model": Product, "related_models": [Category, Tag]}),
    }
    triggered.registered.append(
        registry.register_document(type("TriggeredDocument", (Document,), attributes))
    )
    call_command("migrate", verbosity=0, interactive=False)
    assert read_state("default").old == old
    with transaction.atomic():
        make()
        # One of the triggers that code of before relies on, and one of the signals.
        assert len(kept()) == 2
    install("default")
    assert read_state("default").old == ()


class Waiting:
    """Stands in for the wait of who removes triggers: another process saves meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.noted: list[list[tuple[str, str, str]]] = []
        monkeypatch.setattr(triggers_of_install.time, "sleep", self)

    def __call__(self, seconds: float) -> None:
        # It has not looked since the triggers had their names; then it has.
        self._save()
        forget("default")
        self._save()

    def _save(self) -> None:
        OutboxEntry.objects.all().delete()
        with transaction.atomic():
            make()
            self.noted.append(kept())


def test_a_process_that_relies_on_triggers_that_go_loses_nothing(
    triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    products(triggered)
    make()
    waiting = Waiting(monkeypatch)
    remove("default")
    believing, knowing = waiting.noted
    # By the trigger; by the trigger and the signals.
    assert (len(believing), len(knowing)) == (1, 2)
    assert installed("default") == {}
    with transaction.atomic():
        assert make().pk
        assert kept()


def test_triggers_of_another_document_go_as_slowly(
    triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    products(triggered)
    registry.unregister_document(triggered.registered.pop())
    triggered(Product, name=fields.KeywordField(), price=fields.FloatField())
    make()
    registry.unregister_document(triggered.registered[0])
    waiting = Waiting(monkeypatch)
    install("default")
    registry.register_document(triggered.registered[0])
    assert len(waiting.noted) == 2
    assert waiting.noted[0]


def test_triggers_whose_removal_was_killed(
    triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = products(triggered)

    def die(seconds: float) -> None:
        raise KeyboardInterrupt

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(triggers_of_install.time, "sleep", die)
            with pytest.raises(KeyboardInterrupt):
                remove("default")
        forget("default")
        assert all(name.startswith(LEAVING) for name in installed("default"))
        make("a")
        assert len(read()) == OutboxEntry.objects.count() + Product.objects.count()
        install("default")
        assert read_state("default").is_complete


def test_a_rolling_deployment(triggered: Triggered) -> None:
    """Triggers of the old document and code of the new one, and the reverse."""
    products(triggered)
    product = make("a")
    old = {trigger.name for trigger in read_state("default").present}
    registry.unregister_document(triggered.registered.pop())

    def run_code_with(**more: Any) -> None:
        options = {"model": Product, "capture": "triggers"}
        more |= {
            "Index": type("Index", (), {"name": "triggered"}),
            "Django": type("Django", (), options),
        }
        document = registry.register_document(type("TriggeredDocument", (Document,), more))
        triggered.registered.append(document)

    run_code_with(name=fields.KeywordField(), price=fields.FloatField())
    # Code of the new one, before `migrate`: the old triggers know nothing of prices.
    OutboxEntry.objects.all().delete()
    with transaction.atomic():
        product.price = 2
        product.save()
        assert kept() == [("object", "", str(product.pk))]
    before = set(installed("default"))
    assert before == old
    install("default")
    OutboxEntry.objects.all().delete()
    with transaction.atomic():
        product.price = 3
        product.save()
        assert kept() == [("object", "", str(product.pk))]
    # Code of the old one, after it.
    registry.unregister_document(triggered.registered.pop())
    run_code_with(name=fields.KeywordField())
    OutboxEntry.objects.all().delete()
    with transaction.atomic():
        product.name = "b"
        product.save()
        # By the new triggers, and by the signals, as its own triggers are gone.
        assert set(kept()) == {("object", "", str(product.pk))}


def test_loaddata_and_a_migration(triggered: Triggered, tmp_path: Path) -> None:
    read = products(triggered)
    make("a").tags.add(Tag.objects.create(name="t"))
    read()
    fixture = tmp_path / "products.json"
    with fixture.open("w") as stream:
        call_command("dumpdata", "guide.product", "guide.tag", stdout=stream)
    execute("DELETE FROM guide_product_tags")
    execute("DELETE FROM guide_product")
    assert read() == {}
    call_command("loaddata", str(fixture), verbosity=0)
    [source] = read().values()
    assert (source["name"], source["tags"]) == ("a", [{"name": "t"}])
    state = ProjectState.from_apps(django_apps)
    model = state.apps.get_model("guide", "Product")
    assert model is not Product
    model.objects.create(name="b", description="", price=1)
    model.objects.filter(name="a").update(name="c")
    assert {source["name"] for source in read().values()} == {"b", "c"}


def test_asynchronous_code(triggered: Triggered) -> None:
    read = products(triggered)

    async def change() -> None:
        product = await Product.objects.acreate(name="a", description="", price=1)
        await product.asave()
        await Product.objects.filter(name="a").aupdate(name="b")
        await product.tags.aadd(await Tag.objects.acreate(name="t"))

    async_to_sync(change)()
    [source] = read().values()
    assert (source["name"], source["tags"]) == ("b", [{"name": "t"}])


def test_a_database_that_is_emptied(triggered: Triggered) -> None:
    read = products(triggered)
    make("a").tags.add(Tag.objects.create(name="t"))
    assert len(read()) == 1
    call_command("flush", interactive=False, verbosity=0)
    assert not Product.objects.exists()
    # SQLite empties tables row by row, and triggers see it.
    OutboxEntry.objects.all().delete()
    with transaction.atomic():
        product = make("b")
        assert kept() == [("object", "", str(product.pk))]
