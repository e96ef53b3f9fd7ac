"""Triggers on tables of unusual kinds, and changes that are made in unusual ways."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations, models, transaction

from django_es_admin.documents import fields, registry
from django_es_admin.exceptions import CaptureOutsideTransaction
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture import watch
from django_es_admin.outbox.triggers import install as triggers_of_install
from django_es_admin.outbox.triggers.install import (
    _before_migrate,
    install,
    read_state,
    remove,
)
from django_es_admin.outbox.triggers.wanted import forget, installed
from tests.guide.models import Category, Product, Review, Tag
from tests.integration.outbox.test_other_programs import client
from tests.rows.models import Capital, Land, Long, Reading, Stamp, Town
from tests.triggered import (
    Read,
    Triggered,
    execute,
    kept,
    make,
    products,
    run,
)

pytestmark = pytest.mark.django_db(transaction=True)

NAME = {"name": fields.KeywordField()}


CONSTRAINTS = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
format('ALTER TABLE %%s ADD CONSTRAINT %%I ', conrelid::regclass, conname)
|| pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND confrelid = ANY(%s::regclass[])"""


@contextmanager
def unchecked() -> Iterator[None]:
    """Let the database not look at foreign keys, as SQLite's shell never does."""
    off, on = {
        "sqlite": (["PRAGMA foreign_keys = OFF"], ["PRAGMA foreign_keys = ON"]),
        "mysql": (["SET foreign_key_checks = 0"], ["SET foreign_key_checks = 1"]),
        "postgresql": ([], []),
    }[connection.vendor]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CONSTRAINTS, [["guide_category", "guide_product", "guide_tag"]])
            off, on = map(list, zip(*cursor.fetchall(), strict=True))
    for statement in off:
        execute(statement)
    try:
        yield
    finally:
        for statement in on:
            execute(statement)


def quoted(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def at(model: Any, sql: str, *params: Any) -> None:
    """Execute a statement on the table of a model, which it calls TABLE."""
    execute(sql.replace("TABLE", quoted(model)), *params)


def names(read: Read) -> list[str]:
    return sorted(source["name"] for source in read().values())


NONE = (None, {"name": None})
"""What is read of an object that is not there, though a constraint says so."""


def test_what_refers_to_a_row_that_is_gone(triggered: Triggered) -> None:
    read = products(triggered)
    shoes, hats = (Category.objects.create(name=name, slug=name) for name in ("shoes", "hats"))
    tags = [Tag.objects.create(name=name) for name in "ab"]
    first, second = make("a", category=shoes), make("b", category=hats)
    first.tags.set(tags)
    second.tags.set(tags[:1])
    read()
    with unchecked():
        execute("DELETE FROM guide_category WHERE id = %s", shoes.pk)
        assert kept() == [("object", "", str(first.pk))]
        found = read()
        assert found[str(first.pk)]["category"] in NONE
        assert found[str(second.pk)]["category"] == {"name": "hats"}
        execute("DELETE FROM guide_tag WHERE id = %s", tags[1].pk)
        assert kept() == [("object", "", str(first.pk))]
        assert read()[str(first.pk)]["tags"] == [{"name": "a"}]
        execute("UPDATE guide_category SET id = 999999 WHERE id = %s", hats.pk)
        assert ("object", "", str(second.pk)) in kept()
        assert read()[str(second.pk)]["category"] in NONE
        execute("DELETE FROM guide_product_tags")
        execute("DELETE FROM guide_product")


def test_what_a_method_may_have_read_is_gone(triggered: Triggered) -> None:
    def prepare_word(self: Any, instance: Product) -> str:
        found = Category.objects.filter(pk=instance.category_id).first()
        return found.name if found else "none"

    read = triggered(
        Product,
        [Category],
        lambda related: related.product_set.all(),
        word=fields.KeywordField(),
        prepare_word=prepare_word,
    )
    shoes = Category.objects.create(name="shoes", slug="s")
    make(category=shoes)
    assert [source["word"] for source in read().values()] == ["shoes"]
    with unchecked():
        execute("DELETE FROM guide_category")
        assert [source["word"] for source in read().values()] == ["none"]
        execute("DELETE FROM guide_product")


def test_inheritance_of_three_tables(triggered: Triggered) -> None:
    more = {name: fields.KeywordField() for name in ("name", "mayor", "palace")}
    read = triggered(Capital, **more)
    Land.objects.create(name="only land")
    Town.objects.create(name="only town", mayor="m", code="t")
    paris = Capital.objects.create(name="Paris", mayor="Anne", palace="E", code="p")
    assert read() == {"p": {"name": "Paris", "mayor": "Anne", "palace": "E"}}
    at(Land, "UPDATE TABLE SET name = 'x'")
    assert kept() == [("object", "", "p")]
    assert read()["p"]["name"] == "x"
    at(Town, "UPDATE TABLE SET mayor = 'y'")
    assert kept() == [("object", "", "p")]
    at(Capital, "UPDATE TABLE SET palace = 'z'")
    assert read() == {"p": {"name": "x", "mayor": "y", "palace": "z"}}
    Land.objects.filter(pk=paris.land_id).update(name="by orm")
    assert read()["p"]["name"] == "by orm"
    at(Capital, "DELETE FROM TABLE")
    assert read() == {}


def test_inheritance_of_three_tables_by_signals(triggered: Triggered) -> None:
    more = {name: fields.KeywordField() for name in ("name", "mayor", "palace")}
    read = triggered(Capital, **more)
    remove("default")
    Town.objects.create(name="only town", mayor="m", code="t")
    paris = Capital.objects.create(name="Paris", mayor="Anne", palace="E", code="p")
    assert read() == {"p": {"name": "Paris", "mayor": "Anne", "palace": "E"}}
    land = Land.objects.get(pk=paris.land_id)
    land.name = "x"
    land.save()
    assert read()["p"]["name"] == "x"
    town = Town.objects.get(pk="p")
    town.mayor = "y"
    town.save()
    assert read() == {"p": {"name": "x", "mayor": "y", "palace": "E"}}
    land.delete()
    assert read() == {}


def test_a_document_of_the_first_table_by_signals(triggered: Triggered) -> None:
    read = triggered(Land, **NAME)
    remove("default")
    paris = Capital.objects.create(name="Paris", mayor="Anne", palace="E", code="p")
    assert read() == {str(paris.land_id): {"name": "Paris"}}
    paris.name = "x"
    paris.save()
    assert read() == {str(paris.land_id): {"name": "x"}}
    paris.delete()
    assert read() == {}


def test_rows_that_replace_others(triggered: Triggered) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("it has no such statement")
    read = triggered(
        Stamp,
        [Land],
        lambda land: land.stamps.all(),
        land=fields.ObjectField(properties=NAME),
        **NAME,
    )
    one, *_ = (
        Stamp.objects.create(name=name, code=name, place=place, side="l")
        for place, name in enumerate("abc")
    )
    assert names(read) == ["a", "b", "c"]
    sql = "REPLACE INTO TABLE (id, name, code, place, side, size) VALUES (%s, %s, %s, %s, %s, 0)"
    at(Stamp, sql, one.pk, "same", "a", 0, "l")
    assert names(read) == ["b", "c", "same"]
    # One row for two: one by its code, the other by its place.
    at(Stamp, sql, 999, "new", "b", 2, "l")
    assert names(read) == ["new", "same"]
    assert kept() == []
    at(Stamp, sql, one.pk, "last", "b", 5, "r")
    assert names(read) == ["last"]
    if connection.vendor == "sqlite":
        other = Stamp.objects.create(name="other", code="o", place=9, side="l")
        assert names(read) == ["last", "other"]
        at(Stamp, "UPDATE OR REPLACE TABLE SET code = 'b' WHERE id = %s", other.pk)
        assert names(read) == ["other"]


def test_the_owner_of_a_row_that_is_replaced(triggered: Triggered) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("it has no such statement")
    read = triggered(
        Product,
        [Review],
        lambda review: review.product,
        reviews=fields.ObjectField(properties={"text": fields.KeywordField()}),
        **NAME,
    )
    old, new = make("old"), make("new")
    review = old.reviews.create(text="t", stars=1)
    assert len(read()[str(old.pk)]["reviews"]) == 1
    execute(
        "REPLACE INTO guide_review (id, product_id, text, stars) VALUES (%s, %s, 'u', 1)",
        review.pk,
        new.pk,
    )
    found = read()
    assert not found[str(old.pk)]["reviews"]
    assert [one["text"] for one in found[str(new.pk)]["reviews"]] == ["u"]


def test_an_insert_that_updates(triggered: Triggered) -> None:
    read = triggered(Stamp, **NAME)
    Stamp.objects.create(name="a", code="a", place=1, side="l")
    read()
    insertion = "INSERT INTO TABLE (name, code, place, side, size) VALUES ('n', 'a', 2, 'r', 0) "
    if connection.vendor == "mysql":
        at(Stamp, insertion + "ON DUPLICATE KEY UPDATE name = 'b'")
    else:
        at(Stamp, insertion + "ON CONFLICT (code) DO UPDATE SET name = 'b'")
    assert names(read) == ["b"]
    Stamp.objects.bulk_create(
        [Stamp(name="c", code="a", place=1, side="l")],
        update_conflicts=True,
        update_fields=["name"],
        **({} if connection.vendor == "mysql" else {"unique_fields": ["code"]}),
    )
    assert names(read) == ["c"]


def test_long_names_and_links_with_itself(triggered: Triggered) -> None:
    read = triggered(
        Long,
        [Long],
        lambda one: Long.objects.filter(likes=one) | Long.objects.filter(friends=one),
        likes=fields.NestedField(properties=NAME),
        friends=fields.NestedField(properties=NAME),
        **NAME,
    )
    assert read_state("default").is_complete
    a, b = (Long.objects.create(name=name) for name in "ab")
    a.likes.add(b)
    a.friends.add(b)
    found = read()
    assert found[str(a.pk)] == {"name": "a", "likes": [{"name": "b"}], "friends": [{"name": "b"}]}
    assert found[str(b.pk)] == {"name": "b", "likes": [], "friends": [{"name": "a"}]}
    Long.objects.filter(pk=b.pk).update(name="B")
    assert read()[str(a.pk)]["likes"] == [{"name": "B"}]
    at(Long.friends.through, "DELETE FROM TABLE")
    found = read()
    assert [found[str(one.pk)]["friends"] for one in (a, b)] == [[], []]
    at(Long.likes.through, "DELETE FROM TABLE")
    assert read()[str(a.pk)]["likes"] == []


def test_numbers_that_differ_in_the_last_digit_only(triggered: Triggered) -> None:
    triggered(Stamp, size=fields.DoubleField())
    if connection.vendor == "mysql":
        remove("default")
        execute(f"ALTER TABLE {quoted(Stamp)} MODIFY size float NOT NULL")
        install("default")
    try:
        Stamp.objects.create(name="a", code="a", place=1, side="l", size=1)
        OutboxEntry.objects.all().delete()
        at(Stamp, "UPDATE TABLE SET size = 1.0000002")
        assert len(kept()) == 1
    finally:
        if connection.vendor == "mysql":
            remove("default")
            execute(f"ALTER TABLE {quoted(Stamp)} MODIFY size double precision NOT NULL")


def test_deletes_and_changes_that_the_database_makes(triggered: Triggered) -> None:
    if connection.vendor == "mysql":
        pytest.skip("its cascades run no trigger")
    execute("CREATE TABLE rows_day (id integer PRIMARY KEY)")
    execute(
        'CREATE TABLE "rows_Reading" (id integer PRIMARY KEY, name text, day integer '
        "REFERENCES rows_day ON DELETE CASCADE ON UPDATE CASCADE)"
    )
    try:
        read = triggered(Reading, day=fields.IntegerField(), **NAME)
        execute("INSERT INTO rows_day VALUES (1), (2)")
        execute("""INSERT INTO "rows_Reading" VALUES (1, 'a', 1), (2, 'b', 2)""")
        assert names(read) == ["a", "b"]
        execute("UPDATE rows_day SET id = 7 WHERE id = 2")
        assert sorted(source["day"] for source in read().values()) == [1, 7]
        execute("DELETE FROM rows_day WHERE id = 1")
        assert names(read) == ["b"]
    finally:
        remove("default")
        execute('DROP TABLE "rows_Reading"')
        execute("DROP TABLE rows_day")


@contextmanager
def acting(table: str, column: str, target: str, action: str) -> Iterator[None]:
    """Let the database itself act on a foreign key."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    [name] = [
        name
        for name, one in found.items()
        if one["columns"] == [column] and one["foreign_key"] == (target, "id")
    ]
    key = "FOREIGN KEY" if connection.vendor == "mysql" else "CONSTRAINT"

    def declare(action: str) -> None:
        execute(f"ALTER TABLE {table} DROP {key} {name}")
        execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({column}) "
            f"REFERENCES {target} (id) {action}"
        )

    declare(action)
    try:
        yield
    finally:
        deferred = "DEFERRABLE INITIALLY DEFERRED"
        declare(deferred if connection.vendor == "postgresql" else "")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="it cannot change a constraint")
def test_foreign_keys_on_which_the_database_acts(triggered: Triggered) -> None:
    read = products(triggered)
    shoes = Category.objects.create(name="shoes", slug="s")
    tags = [Tag.objects.create(name=name) for name in "ab"]
    one, other = make("a", category=shoes), make("b", category=shoes)
    one.tags.set(tags)
    assert len(read()) == 2
    with acting("guide_product_tags", "tag_id", "guide_tag", "ON DELETE CASCADE"):
        execute("DELETE FROM guide_tag WHERE name = 'a'")
    assert read()[str(one.pk)]["tags"] == [{"name": "b"}]
    with acting("guide_product", "category_id", "guide_category", "ON DELETE SET NULL"):
        execute("DELETE FROM guide_category")
    found = read()
    assert [found[str(p.pk)]["category"] for p in (one, other)] == [None, None]
    Product.objects.update(category=Category.objects.create(name="hats", slug="h"))
    one.tags.clear()
    assert len(read()) == 2
    with acting("guide_product", "category_id", "guide_category", "ON DELETE CASCADE"):
        execute("DELETE FROM guide_category")
    assert read() == {}


def paste(*arguments: str) -> None:
    """Give the lines that the command prints to the database's own client."""
    client().run(run(*arguments))


@pytest.mark.parametrize("action", ["status", "install"])
def test_the_sql_that_is_printed_can_be_pasted(triggered: Triggered, action: str) -> None:
    read = products(triggered)
    wanted = set(installed("default"))
    printed = run(action, "--sql")
    remove("default")
    client().run(printed)
    assert read_state("default").is_complete
    assert set(installed("default")) == wanted
    # Nothing happens to those that are there.
    client().run(printed)
    assert read_state("default").is_complete
    execute("INSERT INTO guide_tag (name) VALUES ('t')")
    make("a")
    execute("UPDATE guide_product SET name = 'b'")
    assert names(read) == ["b"]
    paste("remove", "--sql")
    assert installed("default") == {}
    client().run(run("remove", "--sql"))
    for _ in range(2):
        run("remove")
        run("install")
        run("install")
        assert set(installed("default")) == wanted


def test_a_save_during_which_triggers_are_found_to_leave(
    triggered: Triggered, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    # Nothing else has a document of it.
    read = triggered(Stamp, **NAME)
    stamp = Stamp.objects.create(name="a", code="a", side="l")
    assert names(read) == ["a"]

    def die(seconds: float) -> None:
        raise KeyboardInterrupt

    needs = watch._needs_transaction
    found: list[bool] = []

    def found_out(model: Any) -> bool:
        found.append(needs(model))
        # From here on, as if the time were over for which this process believes what it has seen.
        monkeypatch.setattr(watch, "_needs_transaction", needs)
        with monkeypatch.context() as patch:
            patch.setattr(triggers_of_install.time, "sleep", die)
            with pytest.raises(KeyboardInterrupt):
                remove("default")
        forget("default")
        return found[0]

    monkeypatch.setattr(watch, "_needs_transaction", found_out)
    stamp.name = "b"
    stamp.save()
    assert found == [False]
    assert kept()
    assert names(read) == ["b"]


def test_a_raw_save_while_triggers_leave(
    triggered: Triggered, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = triggered(Stamp, **NAME)
    stamp = Stamp.objects.create(name="a", code="a", side="l")
    noted: list[Any] = []

    def save(seconds: float) -> None:
        forget("default")
        stamp.name = "b"
        models.Model.save_base(stamp, raw=True)
        noted.extend(kept())

    monkeypatch.setattr(triggers_of_install.time, "sleep", save)
    remove("default")
    assert noted
    assert names(read) == ["b"]
    # Signals need the transaction of the change.
    with pytest.raises(CaptureOutsideTransaction):
        models.Model.save_base(stamp, raw=True)


def test_sql_inside_a_savepoint_that_is_rolled_back(triggered: Triggered) -> None:
    read = products(triggered)
    with transaction.atomic():
        make("kept")
        point = transaction.savepoint()
        execute("INSERT INTO guide_tag (name) VALUES ('x')")
        execute("UPDATE guide_product SET name = 'never'")
        transaction.savepoint_rollback(point)
        execute("UPDATE guide_product SET description = 'x'")
    assert names(read) == ["kept"]
    assert kept() == []


def test_the_table_that_triggers_write_to_goes(triggered: Triggered) -> None:
    products(triggered)
    wanted = set(installed("default"))
    call_command("migrate", "elasticsearch", "zero", verbosity=0)
    try:
        assert installed("default") == {}
        make("between")
        execute("UPDATE guide_product SET name = 'a'")
    finally:
        call_command("migrate", "elasticsearch", verbosity=0)
    assert set(installed("default")) == wanted
    execute("UPDATE guide_product SET name = 'b'")
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("sql", "goes"),
    [
        ("alter table guide_product rename column name to title", True),
        ([("DROP TABLE guide_product", None)], True),
        ("UPDATE guide_product SET name = 'dropped'", False),
    ],
)
def test_sql_of_a_migration(triggered: Triggered, sql: Any, goes: bool) -> None:
    """Triggers of before would break each write to the table that it changes."""
    products(triggered)
    registry.unregister_document(triggered.registered.pop())
    migration = migrations.Migration("any", "guide")
    migration.operations = [migrations.RunSQL(sql)]
    assert read_state("default").old
    _before_migrate(using="default", plan=[(migration, False)])
    assert bool(read_state("default").old) != goes
