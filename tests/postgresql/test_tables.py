"""Triggers on tables as only PostgreSQL has them."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from django_es_admin.documents import fields
from django_es_admin.outbox.triggers.install import install, read_state, remove
from django_es_admin.outbox.triggers.wanted import dropping, forget, installed
from tests.postgresql.test_triggers import COPY, psql
from tests.rows.models import Alias, Elsewhere, Reading
from tests.triggered import Triggered, execute, kept, make, products

pytestmark = pytest.mark.django_db(transaction=True)


PARTITIONED = (
    'CREATE TABLE "rows_Reading" (id bigserial, name text, day int, PRIMARY KEY (id, day)) '
    "PARTITION BY RANGE (day)"
)
PARTITION = 'CREATE TABLE "rows_Reading_{}" PARTITION OF "rows_Reading" FOR VALUES {}'


@pytest.fixture
def gone() -> Iterator[None]:
    """Drop the tables of these tests, after the triggers at them."""
    yield
    execute('DROP TABLE IF EXISTS "rows_Reading" CASCADE')
    execute('DROP SCHEMA IF EXISTS "Else where" CASCADE')


@pytest.fixture
def triggered(gone: None, triggered: Triggered) -> Triggered:
    return triggered


def test_a_partitioned_table(triggered: Triggered) -> None:
    execute(PARTITIONED)
    for name, days in (("0", "FROM (0) TO (10)"), ("1", "FROM (10) TO (20)")):
        execute(PARTITION.format(name, days))
    read = triggered(Reading, name=fields.KeywordField())
    assert read_state("default").is_complete
    psql("""INSERT INTO "rows_Reading" (name, day) VALUES ('a', 1), ('b', 11)""")
    assert {s["name"] for s in read().values()} == {"a", "b"}
    psql("""UPDATE "rows_Reading" SET day = 12, name = 'c' WHERE day = 1""")
    assert {s["name"] for s in read().values()} == {"b", "c"}
    psql("""INSERT INTO "rows_Reading_0" (name, day) VALUES ('direct', 2)""")
    assert {s["name"] for s in read().values()} == {"b", "c", "direct"}
    psql("""UPDATE "rows_Reading_1" SET name = 'x'""")
    assert {s["name"] for s in read().values()} == {"x", "direct"}
    execute(PARTITION.format("9", "FROM (90) TO (100)"))
    assert not read_state("default").is_complete
    install("default")
    assert read_state("default").is_complete
    psql("""INSERT INTO "rows_Reading_9" (name, day) VALUES ('late', 91)""")
    assert {s["name"] for s in read().values()} == {"x", "direct", "late"}
    psql("""TRUNCATE "rows_Reading_1" """)
    assert {s["name"] for s in read().values()} == {"direct", "late"}
    psql("""TRUNCATE "rows_Reading" """)
    assert read() == {}
    assert kept() == []


def test_inheritance(triggered: Triggered) -> None:
    execute('CREATE TABLE "rows_Reading" (id bigserial PRIMARY KEY, name text, day int)')
    execute('CREATE TABLE "rows_Reading_more" (extra int) INHERITS ("rows_Reading")')
    read = triggered(Reading, name=fields.KeywordField())
    psql("""INSERT INTO "rows_Reading_more" (name, day) VALUES ('child', 1)""")
    assert {s["name"] for s in read().values()} == {"child"}
    psql("""UPDATE "rows_Reading" SET name = 'by parent'""")
    assert {s["name"] for s in read().values()} == {"by parent"}
    psql("""DELETE FROM "rows_Reading_more" """)
    assert read() == {}


def test_another_schema(triggered: Triggered) -> None:
    execute('CREATE SCHEMA "Else where"')
    execute('CREATE TABLE "Else where"."Table" (id bigserial PRIMARY KEY, name text, day int)')
    read = triggered(Elsewhere, name=fields.KeywordField())
    state = read_state("default")
    assert state.is_complete
    assert state.present
    psql("""INSERT INTO "Else where"."Table" (name, day) VALUES ('a', 1)""")
    assert {s["name"] for s in read().values()} == {"a"}
    Elsewhere.objects.create(name="b")
    assert {s["name"] for s in read().values()} == {"a", "b"}
    psql("""TRUNCATE "Else where"."Table" """)
    assert read() == {}
    remove("default")
    assert not read_state("default").present


def test_a_view(triggered: Triggered) -> None:
    execute('CREATE VIEW "rows_Reading" AS SELECT id, name::text, 0 AS day FROM guide_tag')
    try:
        triggered(Reading, name=fields.KeywordField())
        state = read_state("default")
    finally:
        execute('DROP VIEW "rows_Reading"')
    assert state.missing == ()
    [(_name, why)] = state.impossible
    assert "rows_Reading is a view" in why


def test_a_session_that_looks_elsewhere(triggered: Triggered) -> None:
    read = products(triggered)
    psql(COPY, given="a\t\t1\tt\t\nb\t\t1\tt\t\n")
    psql(
        "CREATE TEMP TABLE elasticsearch_outboxentry (id int)",
        "SET search_path = pg_catalog, pg_temp",
        "UPDATE public.guide_product SET name = 'c' WHERE name = 'a'",
        "MERGE INTO public.guide_product AS p USING (VALUES ('b')) AS v(name) ON p.name = v.name "
        "WHEN MATCHED THEN UPDATE SET name = 'd'",
    )
    assert {s["name"] for s in read().values()} == {"c", "d"}
    empty = "TRUNCATE guide_product CASCADE"
    psql("BEGIN", "SAVEPOINT s", empty, "ROLLBACK TO s", "COMMIT")
    assert kept() == []
    psql(empty)
    assert read() == {}


def test_a_transaction_that_sees_the_triggers_of_before(triggered: Triggered) -> None:
    """Its snapshot still has those that somebody removed since."""
    products(triggered)
    gone = "".join(
        f"{statement};"
        for name, table in installed("default").items()
        for statement in dropping("default", name, table)
    )
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        execute("SELECT 1 FROM guide_review")
        psql(gone)
        forget("default")
        make()
        assert len(kept()) == 1


def test_keys_that_their_collation_calls_equal(triggered: Triggered) -> None:
    execute(
        "CREATE COLLATION IF NOT EXISTS rows_nocase "
        "(provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    )
    execute(
        "CREATE TABLE rows_alias (name varchar(100) COLLATE rows_nocase PRIMARY KEY, meaning text)"
    )
    try:
        read = triggered(Alias, meaning=fields.KeywordField())
        psql("INSERT INTO rows_alias VALUES ('abc', 'x')")
        assert list(read()) == ["abc"]
        psql("UPDATE rows_alias SET name = 'ABC' WHERE name = 'abc'")
        assert list(read()) == ["ABC"]
    finally:
        remove("default")
        execute("DROP TABLE rows_alias")
        execute("DROP COLLATION rows_nocase")


def test_constraints_that_are_deferred(triggered: Triggered) -> None:
    read = products(triggered)
    psql(
        "BEGIN",
        "SET CONSTRAINTS ALL DEFERRED",
        "INSERT INTO guide_product (id, name, description, price, is_active, photo, category_id) "
        "VALUES (1, 'a', '', 1, true, '', 77)",
        "INSERT INTO guide_category (id, name, slug) VALUES (77, 'late', 'late')",
        "COMMIT",
    )
    assert [s["category"] for s in read().values()] == [{"name": "late"}]
