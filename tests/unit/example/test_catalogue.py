"""The made-up catalogue."""

from decimal import Decimal
from itertools import islice

from shop.catalogue import SHELVES, generate
from shop.models import Category, Product, Tag
from shop.resources import COLUMNS


def cells(count: int, seed: int) -> list[dict[str, str]]:
    return [row.cells for row in generate(count, seed)]


def test_the_same_seed_gives_the_same_products() -> None:
    assert cells(300, 1) == cells(300, 1)


def test_a_larger_count_changes_no_product() -> None:
    assert cells(400, 1)[:150] == cells(150, 1)


def test_another_seed_gives_other_products() -> None:
    ours, theirs = cells(100, 1), cells(100, 2)
    assert not {row["sku"] for row in ours} & {row["sku"] for row in theirs}
    assert [row["name"] for row in ours] != [row["name"] for row in theirs]


def test_skus_are_unique() -> None:
    assert len({row["sku"] for row in cells(2000, 1)}) == 2000


def test_rows_have_the_columns_of_a_catalogue() -> None:
    assert all(tuple(row) == COLUMNS for row in cells(20, 1))


def test_every_shelf_is_filled() -> None:
    assert {row["category"] for row in cells(2000, 1)} == {shelf.name for shelf in SHELVES}
    assert len(SHELVES) == 12


def test_values_fit_the_models() -> None:
    for row in cells(2000, 3):
        Product(
            sku=row["sku"],
            name=row["name"],
            description=row["description"],
            brand=row["brand"],
            price=Decimal(row["price"]),
            is_active=row["is_active"] == "1",
        ).clean_fields(exclude={"category"})
        Category(name=row["category"], slug="any").clean_fields()
        for name in filter(None, row["tags"].split(";")):
            Tag(name=name).clean_fields()


def test_prices_stay_on_their_shelves() -> None:
    shelves = {shelf.name: shelf for shelf in SHELVES}
    for row in cells(2000, 1):
        low, high = shelves[row["category"]].prices
        assert low <= Decimal(row["price"]) < high + 1


def test_most_products_are_active_and_some_are_not() -> None:
    active = [row["is_active"] for row in cells(2000, 1)]
    assert 20 < active.count("0") < 200


def test_descriptions_are_filled_in() -> None:
    assert not [row for row in cells(500, 1) if "{" in row["description"]]


def test_products_are_made_one_by_one() -> None:
    assert len(list(islice(generate(10**12, 1), 3))) == 3
