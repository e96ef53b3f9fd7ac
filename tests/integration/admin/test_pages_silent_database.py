"""A database that says nothing of generations does not say that there are none."""

import pytest
from django.db import connection
from django.urls import reverse
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import plan_rebuild, rebuild
from django_es_admin.models import Generation
from django_es_admin.status.status import get_status

from .visitors import visitor

pytestmark = pytest.mark.django_db


def test_nothing_is_taken_for_unregistered(rebuilt_products: list[Product]) -> None:
    rebuild(plan_rebuild(get_definition("products")))
    table = Generation._meta.db_table
    client = visitor(superuser=True)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        [status] = get_status(["products"], exact=False).indices
        page = reverse("admin:elasticsearch_index_generations", args=["default_3Aproducts"])
        html = client.get(page).content.decode()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    assert [problem.kind for problem in status.problems] == ["database-silent"]
    assert status.problems[0].mends == ()
    assert "Delete…" not in html
