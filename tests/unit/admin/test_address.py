"""How an address names an index."""

import pytest
from django.contrib.admin.utils import unquote

from django_es_admin.admin.pages.parts.address import object_id, parse_id, quoted_id


@pytest.mark.parametrize(
    ("connection", "name"),
    [
        ("default", "products"),
        ("eu:west", "products"),
        ("default", "ünï-日本"),
        ("default", "a_3Ab"),
        ("a/b", "c&d=e"),
        ("", ""),
    ],
)
def test_what_is_quoted_comes_back(connection: str, name: str) -> None:
    quoted = quoted_id(connection, name)
    assert "/" not in quoted
    assert parse_id(unquote(quoted)) == (connection, name)
    assert unquote(quoted) == object_id(connection, name)


def test_the_id_is_readable() -> None:
    assert quoted_id("default", "products") == "default_3Aproducts"


@pytest.mark.parametrize(
    ("given", "parsed"), [("", ("", "")), ("products", ("", "products")), (":", ("", ""))]
)
def test_ids_that_lack_a_part(given: str, parsed: tuple[str, str]) -> None:
    assert parse_id(given) == parsed
