"""`manage.py load_catalogue`, against a real database."""

import csv
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from shop.models import Category, Product, Tag
from shop.resources import COLUMNS

pytestmark = pytest.mark.django_db

Write = Callable[[Iterable[dict[str, str]]], Path]


def row(sku: str, **changes: str) -> dict[str, str]:
    cells = {
        "sku": sku,
        "name": f"Product {sku}",
        "description": "Made of tin.",
        "category": "Kitchen",
        "brand": "Hearth",
        "price": "12.50",
        "tags": "steel;gift",
        "is_active": "1",
    }
    return cells | changes


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_rows(rows: Iterable[dict[str, str]]) -> Path:
        path = tmp_path / "catalogue.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write_rows


def run(*args: Any, **options: Any) -> str:
    out = StringIO()
    call_command("load_catalogue", *args, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def outcome(*args: Any) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run(*args, "--json"))
    return result


def counts(result: dict[str, Any]) -> tuple[int, int, int, int]:
    return result["created"], result["updated"], result["unchanged"], result["failed"]


def tags_of(sku: str) -> list[str]:
    return [tag.name for tag in Product.objects.get(sku=sku).tags.all()]


def test_rows_become_products(write: Write) -> None:
    path = write(
        [row("A1", description='Said "so",\nand left.'), row("A2", is_active="0", tags="")]
    )
    result = outcome(path)
    assert counts(result) == (2, 0, 0, 0)
    assert (result["read"], result["categories_created"], result["tags_created"]) == (2, 1, 2)
    assert result["saved"] is True
    product = Product.objects.get(sku="A1")
    assert (product.name, product.brand, str(product.price)) == ("Product A1", "Hearth", "12.50")
    assert product.description == 'Said "so",\nand left.'
    assert (product.category.name, product.category.slug) == ("Kitchen", "kitchen")
    assert tags_of("A1") == ["gift", "steel"]
    assert tags_of("A2") == []
    assert not Product.objects.get(sku="A2").is_active


def test_the_same_file_again_changes_nothing(write: Write) -> None:
    path = write([row("A1"), row("A2")])
    run(path)
    before = list(Product.objects.values())
    assert counts(outcome(path)) == (0, 0, 2, 0)
    assert list(Product.objects.values()) == before


def test_a_changed_row_updates_its_product_only(write: Write) -> None:
    run(write([row("A1"), row("A2")]))
    past = timezone.now() - timedelta(days=2)
    Product.objects.update(created_at=past, updated_at=past)
    path = write([row("A1", price="13", category="Garden"), row("A2"), row("A3")])
    assert counts(outcome(path)) == (1, 1, 1, 0)
    changed, same = Product.objects.get(sku="A1"), Product.objects.get(sku="A2")
    assert (str(changed.price), changed.category.name) == ("13.00", "Garden")
    assert changed.created_at == past
    assert changed.updated_at > past + timedelta(days=1)
    assert same.updated_at == past


def test_tags_alone_are_a_change_too(write: Write) -> None:
    run(write([row("A1", tags="a;b;c"), row("A2", tags="a")]))
    past = timezone.now() - timedelta(days=2)
    Product.objects.update(updated_at=past)
    links = set(Product.tags.through.objects.values_list("pk", flat=True))
    assert counts(outcome(write([row("A1", tags="c;d;a"), row("A2", tags="a")]))) == (0, 1, 1, 0)
    assert tags_of("A1") == ["a", "c", "d"]
    assert tags_of("A2") == ["a"]
    assert Product.objects.get(sku="A1").updated_at > past
    assert len(links & set(Product.tags.through.objects.values_list("pk", flat=True))) == 3


def test_tags_can_be_taken_away(write: Write) -> None:
    run(write([row("A1")]))
    run(write([row("A1", tags="")]))
    assert tags_of("A1") == []


def test_products_that_the_file_does_not_name_stay(write: Write) -> None:
    run(write([row("A1")]))
    run(write([row("A2")]))
    assert Product.objects.filter(sku__in=["A1", "A2"]).count() == 2


def test_categories_and_tags_that_are_there_are_used(write: Write) -> None:
    category = Category.objects.create(name="Kitchen", slug="cooking")
    tag = Tag.objects.create(name="steel")
    result = outcome(write([row("A1")]))
    assert (result["categories_created"], result["tags_created"]) == (0, 1)
    product = Product.objects.get()
    assert product.category == category
    assert tag in product.tags.all()


def test_categories_whose_names_give_one_slug(write: Write) -> None:
    run(write([row("A1", category="C"), row("A2", category="C++"), row("A3", category="日本")]))
    assert dict(Category.objects.values_list("name", "slug")) == {
        "C": "c",
        "C++": "c-2",
        "日本": "category",
    }


def test_more_rows_than_one_part(write: Write) -> None:
    rows = [row(f"A{number}", tags=f"t{number % 7}") for number in range(2300)]
    assert counts(outcome(write(rows))) == (2300, 0, 0, 0)
    assert Product.tags.through.objects.count() == 2300
    rows[5]["name"] = rows[2205]["name"] = "Other"
    assert counts(outcome(write(rows))) == (0, 2, 2298, 0)
    assert Product.objects.filter(name="Other").count() == 2


def test_the_number_of_queries_does_not_grow_with_the_rows(write: Write) -> None:
    def queries(*numbers: int, **changes: str) -> int:
        path = write([row(f"A{number}", **changes) for number in numbers])
        with CaptureQueriesContext(
            connection,
        ) as captured:
            run(path)
        return len(captured)

    assert queries(*range(20)) + 2 >= queries(*range(1000, 1200))
    assert queries(*range(20), price="1", tags="x") + 2 >= queries(
        *range(1000, 1200), price="1", tags="x"
    )


BAD = [
    ({"price": "abc"}, "price: “abc” is not a number."),
    ({"price": "NaN"}, "price: “NaN” is not a number."),
    ({"price": ""}, "price: This field cannot be null."),
    ({"price": "-1"}, "price: Ensure this value is greater than or equal to 0."),
    ({"price": "1.234"}, "price: Ensure that there are no more than 2 decimal places."),
    ({"price": "123456789"}, "price: Ensure that there are no more than 8 digits"),
    ({"is_active": "maybe"}, "is_active: “maybe” is neither 1 nor 0."),
    ({"sku": ""}, "sku: This field cannot be blank."),
    ({"sku": "x" * 101}, "sku: Ensure this value has at most 100 characters"),
    ({"name": " "}, "name: This field cannot be blank."),
    ({"name": "x" * 513}, "name: Ensure this value has at most 512 characters"),
    ({"brand": ""}, "brand: This field cannot be blank."),
    ({"category": ""}, "category: This field cannot be null."),
    ({"category": "x" * 101}, "longer than 100 characters."),
    ({"tags": "ok;" + "x" * 51}, "longer than 50 characters."),
    ({"description": "a\x00b"}, "description: The text holds a NUL character."),
    ({"sku": "GOOD"}, "sku: “GOOD” stands in the sheet twice."),
]


@pytest.mark.parametrize(("changes", "reason"), BAD)
def test_a_bad_row_is_named_and_nothing_is_saved(
    write: Write, changes: dict[str, str], reason: str
) -> None:
    path = write([row("GOOD"), row("BAD") | changes, row("LAST")])
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match=r"^1 of 3 rows are bad; nothing was saved\."):
        call_command("load_catalogue", path, stdout=out, stderr=err)
    sku = changes.get("sku", "BAD") or "no SKU"
    assert err.getvalue().startswith(f"line 3 ({sku}): ")
    assert reason in err.getvalue()
    assert out.getvalue() == ""
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert not Tag.objects.exists()


def test_one_bad_row_takes_back_the_changes_of_all_parts(write: Write) -> None:
    run(write([row("A1")]))
    rows = [row("A1", name="Changed"), *(row(f"B{number}") for number in range(1500))]
    with pytest.raises(CommandError):
        run(write([*rows, row("C", price="abc")]))
    assert list(Product.objects.values_list("name", flat=True)) == ["Product A1"]


def test_all_bad_rows_are_listed_in_json_in_the_order_of_the_file(write: Write) -> None:
    path = write(row(f"A{number}", price="abc") for number in range(30))
    with path.open("a") as file:
        file.write("too,short\n")
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match=r"^31 of 31 rows are bad"):
        call_command("load_catalogue", path, "--json", stdout=out, stderr=err)
    result = json.loads(out.getvalue())
    assert [bad["line"] for bad in result["bad_rows"]] == list(range(2, 33))
    assert result["bad_rows"][3]["sku"] == "A3"
    assert counts(result) == (0, 0, 0, 31)
    assert result["saved"] is False


def test_people_see_the_first_bad_rows_and_how_many_more_there_are(write: Write) -> None:
    path = write(row(f"A{number}", price="abc") for number in range(30))
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("load_catalogue", path, stdout=StringIO(), stderr=err)
    lines = err.getvalue().splitlines()
    assert len(lines) == 21
    assert lines[-1] == "... and 10 more; --json lists all."


def test_a_name_that_several_categories_share_is_not_guessed(write: Write) -> None:
    Category.objects.create(name="Kitchen", slug="a")
    Category.objects.create(name="Kitchen", slug="b")
    err = StringIO()
    with pytest.raises(CommandError):
        call_command("load_catalogue", write([row("A1")]), stdout=StringIO(), stderr=err)
    assert "several are called “Kitchen”" in err.getvalue()


def test_a_file_that_breaks_off_saves_nothing(write: Write) -> None:
    path = write(row(f"A{number}") for number in range(1500))
    with path.open("a") as file:
        file.write('A9999,"never closed\n')
    with pytest.raises(CommandError, match="is not CSV"):
        run(path)
    assert not Product.objects.exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nosuch\.csv does not exist"):
        run(tmp_path / "nosuch.csv")


def test_without_a_file_products_are_made_up_and_a_second_run_changes_nothing() -> None:
    assert counts(outcome("--count=40")) == (40, 0, 0, 0)
    assert counts(outcome("--count=40")) == (0, 0, 40, 0)
    assert counts(outcome("--count=50")) == (10, 0, 40, 0)
    assert counts(outcome("--count=5", "--seed=2")) == (5, 0, 0, 0)
    assert Product.objects.count() == 55


@pytest.mark.parametrize("options", [["--count=0"], ["--count=-3"], ["--seed=-1"]])
def test_numbers_that_make_no_catalogue(options: list[str]) -> None:
    with pytest.raises(CommandError, match="--count must be 1 or more, --seed 0 or more"):
        run(*options)


@pytest.mark.parametrize("option", ["--count=3", "--seed=3"])
def test_the_generators_options_do_not_go_with_a_file(write: Write, option: str) -> None:
    with pytest.raises(CommandError, match="leave out FILE or them"):
        run(write([row("A1")]), option)
    assert not Product.objects.exists()


def test_plain_lines_tell_the_progress_where_there_is_no_terminal() -> None:
    lines = run("--count=5000").splitlines()
    assert lines[0] == "5,000 rows read"
    assert lines[1].startswith("5,000 rows in ")
    assert "5,000 created, 0 updated, 0 unchanged, 0 failed; 12 new categories" in lines[1]


def test_verbosity_0_is_silent() -> None:
    assert run("--count=5", verbosity=0) == ""
    assert Product.objects.count() == 5
