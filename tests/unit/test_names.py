"""Names of indices and generations."""

import pytest

from django_es_admin.indices.names import (
    find_name_problem,
    is_generation_name,
    new_generation_name,
    write_alias,
)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "empty"),
        ("Products", "capital"),
        ("_products", "begins with '_'"),
        ("-products", "begins with '-'"),
        ("a b", "contains ' '"),
        ("a*", "contains '*'"),
        ("a,b", "contains ','"),
        ("a:b", "contains ':'"),
        ("..", "dot"),
        ("a" * 250, "longer than"),
        ("ü" * 125, "longer than"),
    ],
)
def test_refused_names(name: str, problem: str) -> None:
    assert problem in find_name_problem(name)


@pytest.mark.parametrize("name", ["products", "products.v2", "größen", "2024-logs", ".hidden"])
def test_good_names(name: str) -> None:
    assert find_name_problem(name) == ""


def test_a_generation_belongs_to_one_index_only() -> None:
    name = new_generation_name("products")
    assert is_generation_name("products", name)
    assert not is_generation_name("product", name)
    assert not is_generation_name("products", f"{name}-old")
    assert not is_generation_name("products", new_generation_name("products-archive"))
    assert not is_generation_name("products", "products-backup")
    assert not is_generation_name("pr.ducts", name)
    assert write_alias(name) == f"{name}-WRITE"
