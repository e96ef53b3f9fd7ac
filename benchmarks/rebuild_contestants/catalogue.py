"""Fill an empty database with made-up products, fast."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.utils.text import slugify
from shop.catalogue import generate
from shop.models import Category, Product, Tag
from shop.sheet import Row

SEED = 1
PART = 10_000
COLUMNS = "id name description price category_id brand sku is_active created_at updated_at".split()
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@transaction.atomic
def fill(count: int) -> None:
    """Create that many products, with category and tags."""
    category = _Keys(lambda name: Category.objects.create(name=name, slug=slugify(name)).pk)
    tag = _Keys(lambda name: Tag.objects.create(name=name).pk)
    rows = enumerate(generate(count, SEED), start=1)
    while part := list(islice(rows, PART)):
        products = [_product(number, row, category) for number, row in part]
        links = [
            (number, tag[name])
            for number, row in part
            for name in row.cells["tags"].split(";")
            if name
        ]
        _copy(Product._meta.db_table, COLUMNS, iter(products))
        _copy(Product.tags.through._meta.db_table, ["product_id", "tag_id"], iter(links))


class _Keys(dict[str, int]):
    """The primary key for each name. An object is created for a new name."""

    def __init__(self, make: Callable[[str], int]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> int:
        self[name] = self._make(name)
        return self[name]


def _product(number: int, row: Row, category: _Keys) -> tuple[object, ...]:
    cells = row.cells
    # As if one had been created every few seconds, and changed a day later.
    created = FIRST + timedelta(seconds=3.141593 * number)
    return (
        number,
        cells["name"],
        cells["description"],
        cells["price"],
        category[cells["category"]],
        cells["brand"],
        cells["sku"],
        cells["is_active"] == "1",
        created,
        created + timedelta(days=1),
    )


def _copy(table: str, columns: list[str], rows: Iterator[tuple[object, ...]]) -> None:
    names = ", ".join(columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)
