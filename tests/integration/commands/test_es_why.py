"""`es_why`: one reason first, and exit codes to count on."""

import pytest

from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def product(build: object) -> Product:
    [made] = make_products(1)
    build()  # type: ignore[operator]
    return made


def test_found_and_not_found(run: Run, product: Product) -> None:
    word = product.name.split()[0]
    found = run("es_why", INDEX, str(product.pk), word)
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith("Found, as number 1 of 1 hit")
    missed = run("es_why", INDEX, str(product.pk), "xylophone")
    assert missed.code == 2
    assert missed.out.startswith("Not found: no searched field (")
    assert missed.message.endswith("is not found: word-absent.")


def test_json(run: Run, product: Product) -> None:
    told = run("es_why", INDEX, str(product.pk), "xylophone", as_json=True)
    assert told.code == 2
    assert (told.json["reason"], told.json["found"], told.json["rank"]) == (
        "word-absent",
        False,
        None,
    )
    assert told.json["by_word"][0]["word"] == "xylophone"


def test_what_is_not_there(run: Run, product: Product) -> None:
    wrong = run("es_why", INDEX, str(product.pk), "lamp", search="NoSuchService")
    assert wrong.code == 1
    assert "has no search 'NoSuchService': it has all fields." in wrong.message
    for filters in ('{"brand": "x"}', "[1]", "{", '"x"', '{"sort_by": "x"}'):
        wrong = run("es_why", INDEX, str(product.pk), "lamp", filters=filters)
        assert wrong.code == 1
        assert f"does not accept these filters: {filters}." in wrong.message
    assert run("es_why", "nothing", "1", "lamp").code == 1
    assert run("es_why", INDEX, "987654", "lamp").code == 2
