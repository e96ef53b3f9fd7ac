"""A database that says nothing of generations does not say that there are none."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation
from django_es_admin.status.status import get_status

from .visitors import visitor

pytestmark = pytest.mark.django_db


@contextmanager
def without_generations() -> Iterator[None]:
    table = Generation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")


def test_a_lost_alias_is_no_missing_index(
    rebuilt_products: list[Product], es: Elasticsearch
) -> None:
    """What was live is there, and to create an empty index would take its place."""
    alias = get_definition("products").alias
    [name] = es.indices.get_alias(index=alias, name=alias).body
    es.indices.delete_alias(index=name, name=alias)
    client = visitor(superuser=True)
    pages = {
        page: reverse(f"admin:elasticsearch_index_{page}", args=["default_3Aproducts"])
        for page in ("change", "create", "prune")
    }
    with without_generations():
        [status] = get_status(["products"], exact=False).indices
        texts = {page: client.get(url).content.decode() for page, url in pages.items()}
        dashboard = client.get(reverse("admin:app_list", args=["elasticsearch"])).content.decode()
    assert (status.exists, status.former, status.database_known) == (False, None, False)
    for text in (texts["change"], dashboard):
        assert "Its database does not answer" in text
        assert not re.search(r'href="[^"]*default_3Aproducts/(create|rebuild|swap|prune)/', text)
        assert "It is declared, but does not exist" not in text
    for page in ("create", "prune"):
        assert "does not answer, so nothing can be planned" in texts[page]
        assert 'name="fingerprint"' not in texts[page]
    # Once it answers, the alias is given back.
    text = client.get(pages["change"]).content.decode()
    assert "The alias is gone" in text
    assert re.search(r'href="[^"]*default_3Aproducts/swap/\?to=', text)


def test_nothing_is_taken_for_unregistered(rebuilt_products: list[Product]) -> None:
    rebuild(plan_rebuild(get_definition("products")))
    client = visitor(superuser=True)
    page = reverse("admin:elasticsearch_index_generations", args=["default_3Aproducts"])
    with without_generations():
        [status] = get_status(["products"], exact=False).indices
        html = client.get(page).content.decode()
    assert [problem.kind for problem in status.problems] == ["database-silent"]
    assert status.problems[0].mends == ()
    assert "Delete…" not in html
