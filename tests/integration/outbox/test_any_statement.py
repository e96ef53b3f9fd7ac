"""Whatever SQL changes the tables of a document that triggers capture, the index is equal to them.

Statements are chosen at random, of keys that often meet; no foreign key is looked at.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import Error, connection, transaction

from django_es_admin.documents import fields
from tests.guide.models import Category, Product, Review, Tag
from tests.integration.outbox.test_trigger_tables import unchecked
from tests.triggered import Read, Triggered, execute

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 12
STATEMENTS = 8
"""Between two looks at the index."""

COLUMNS = {
    "guide_product": (
        "name, description, price, is_active, photo, category_id",
        "'{name}', '', 1, '1', '', {key}",
    ),
    "guide_category": ("name, slug", "'{name}', '{key}'"),
    "guide_tag": ("name", "'{name}'"),
    "guide_review": ("product_id, text, stars", "{key}, '{name}', 1"),
    "guide_product_tags": ("product_id, tag_id", "{key}, {key}"),
}
TABLES = ("guide_review", "guide_product_tags", "guide_product", "guide_category", "guide_tag")


def _of_each(sql: str) -> list[str]:
    return [sql.replace("TABLE", table) for table in TABLES]


STATEMENTS_OF_ALL = [
    *_of_each("DELETE FROM TABLE WHERE id = {key}"),
    *_of_each("UPDATE TABLE SET id = {key} + 20 WHERE id = {key}"),
    *_of_each("UPDATE TABLE SET id = {key} WHERE id = {key} + 20"),
    "DELETE FROM guide_product_tags WHERE product_id = {key}",
    "UPDATE guide_product SET category_id = {key} WHERE id < {key}",
    "UPDATE guide_product SET name = '{name}' WHERE category_id = {key}",
    "UPDATE guide_category SET name = '{name}' WHERE id > {key}",
    "UPDATE guide_tag SET name = '{name}' WHERE id = {key}",
    "UPDATE guide_review SET product_id = {key} WHERE id = {key}",
    "UPDATE guide_product_tags SET product_id = {key} WHERE tag_id = {key}",
]


def statements() -> list[str]:
    """Return statements, with places for keys and names; those that put rows come as often."""
    replacing = [_putting(table) for table in TABLES]
    found = [*STATEMENTS_OF_ALL, *replacing * 4]
    if connection.vendor == "sqlite":
        found += _of_each("UPDATE OR REPLACE TABLE SET id = {key} WHERE id = {key}")
        found.append("UPDATE OR REPLACE guide_category SET slug = '{key}' WHERE id = {key}")
    return found


def _putting(table: str) -> str:
    names, values = COLUMNS[table]
    columns = f"{table} (id, {names}) VALUES ({{key}}, {values})"
    if connection.vendor != "postgresql":
        return f"REPLACE INTO {columns}"
    put = ", ".join(f"{name} = EXCLUDED.{name}" for name in names.split(", "))
    return f"INSERT INTO {columns} ON CONFLICT (id) DO UPDATE SET {put}"


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def expected() -> dict[str, Any]:
    """Return what the documents are to be made of, as the tables say."""
    categories = dict(rows("SELECT id, name FROM guide_category"))
    tags = dict(rows("SELECT id, name FROM guide_tag"))
    links = rows("SELECT product_id, tag_id FROM guide_product_tags")
    reviews = rows("SELECT product_id, text FROM guide_review")
    return {
        str(key): (
            name,
            categories.get(category),
            sorted(tags[tag] for product, tag in links if product == key and tag in tags),
            sorted(text for product, text in reviews if product == key),
        )
        for key, name, category in rows("SELECT id, name, category_id FROM guide_product")
    }


def indexed(read: Read) -> dict[str, Any]:
    return {
        key: (
            source["name"],
            (source["category"] or {}).get("name"),
            sorted(tag["name"] for tag in source["tags"] or []),
            sorted(review["text"] for review in source["reviews"] or []),
        )
        for key, source in read().items()
    }


@pytest.fixture
def triggered(triggered: Triggered) -> Iterator[Triggered]:
    with unchecked():
        yield triggered
        for table in TABLES:
            execute(f"DELETE FROM {table}")  # noqa: S608 (our own)


def _owners(related: Any) -> Any:
    return related.product if isinstance(related, Review) else related.product_set.all()


def keyword(name: str) -> dict[str, Any]:
    return {name: fields.KeywordField()}


def _prepared(self: Any, instance: Product) -> str:
    return instance.name


METHODS: dict[str, dict[str, Any]] = {
    "columns": {},
    "methods": {"more": fields.KeywordField(), "prepare_more": _prepared},
}


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("made_of", METHODS)
def test_any_statement(triggered: Triggered, made_of: str, seed: int) -> None:
    read = triggered(
        Product,
        [Category, Tag, Review],
        _owners,
        category=fields.ObjectField(properties=keyword("name")),
        tags=fields.NestedField(properties=keyword("name")),
        reviews=fields.NestedField(properties=keyword("text")),
        **keyword("name"),
        **METHODS[made_of],
    )
    chance = random.Random(seed)  # noqa: S311 (a test's choices)
    chosen = statements()
    for _ in range(ROUNDS):
        done = [statement for _ in range(STATEMENTS) if (statement := _run_one(chance, chosen))]
        assert done
        assert indexed(read) == expected(), done


def _run_one(chance: random.Random, chosen: list[str]) -> str:
    """Return a statement that was run; empty if the database refused it."""
    sql = chance.choice(chosen)
    while "{" in sql:
        sql = sql.replace("{key}", str(chance.randint(1, 10)), 1)
        sql = sql.replace("{name}", chance.choice("abcdefghij"), 1)
    try:
        with transaction.atomic():
            execute(sql)
            if chance.random() < 0.15:
                transaction.set_rollback(True)
    except Error:
        return ""
    return sql
