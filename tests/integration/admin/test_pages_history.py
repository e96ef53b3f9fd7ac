"""Who did what, when and why: the list of operations, narrowed, and the note of a person."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from elasticsearch import Elasticsearch
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation

from .test_pages_dashboard import words
from .test_pages_space import fingerprint
from .visitors import visitor

pytestmark = pytest.mark.django_db


def made(**fields: object) -> Operation:
    values = {
        "connection": "default",
        "index": "products",
        "kind": "rebuild",
        "state": "done",
        "created_at": datetime(2026, 11, 21, 12, tzinfo=UTC),
        "ended_at": datetime(2026, 11, 21, 12, 5, tzinfo=UTC),
    }
    return Operation.objects.create(**values | fields)


def listed(**query: str) -> set[str]:
    """Return the notes of those that are listed."""
    url = reverse("admin:elasticsearch_operation_changelist")
    response = visitor(superuser=True).get(url, query)
    assert response.status_code == 200
    return {row.details["note"] for row in response.context["cl"].result_list}


def test_the_list_is_narrowed(es: Elasticsearch) -> None:
    other = datetime(2026, 11, 22, 12, tzinfo=UTC)
    made(who="ada", details={"note": "one"})
    made(who="grace", details={"note": "two"}, state="failed", created_at=other)
    made(who="<b>&", details={"note": "three"}, index="articles")
    assert listed() == {"one", "two", "three"}
    assert listed(by="ada") == {"one"}
    assert listed(by="<b>&") == {"three"}
    assert listed(by="nobody") == set()
    assert listed(of="default:products") == {"one", "two"}
    assert listed(state__exact="failed") == {"two"}
    day = {"created_at__year": "2026", "created_at__month": "11", "created_at__day": "22"}
    assert listed(**day) == {"two"}
    assert listed(**day, by="ada") == set()


@pytest.mark.parametrize("lookup", ["details__note", "owner__startswith", "created_at__iregex"])
def test_other_columns_cannot_be_asked_about(es: Elasticsearch, lookup: str) -> None:
    url = reverse("admin:elasticsearch_operation_changelist")
    assert visitor(superuser=True).get(url, {lookup: "1"}).status_code == 400


def test_a_note_is_kept_and_shown(rebuilt_products: list[Product], es: Elasticsearch) -> None:
    [before] = Generation.objects.filter(role="live").values_list("name", flat=True)
    rebuild(plan_rebuild(get_definition("products")))
    [live] = Generation.objects.filter(role="live").values_list("name", flat=True)
    client = visitor(superuser=True)
    url = reverse("admin:elasticsearch_index_rollback", args=["default_3Aproducts"])
    sent = {"fingerprint": fingerprint(client.get(url).content.decode())}
    note = "for the <new> analyzer " + "x" * 300
    page = client.post(url, {**sent, "note": note}, follow=True).content.decode()
    operation = Operation.objects.get(kind="rollback")
    assert operation.details["note"] == note[:200]
    assert "for the &lt;new&gt; analyzer" in page
    assert f"{live} → {before}" in page
    history = reverse("admin:elasticsearch_index_operations", args=["default_3Aproducts"])
    html = client.get(history).content.decode()
    assert "for the &lt;new&gt; analyzer" in html
    assert f"{live} → {before}" in html
    every = client.get(reverse("admin:elasticsearch_operation_changelist"))
    assert "for the &lt;new&gt; analyzer" in every.content.decode()
    assert f"…-{live[-4:]} → …-{before[-4:]}" in words(every.content.decode())


def test_what_did_not_swap_took_no_place(rebuilt_products: list[Product]) -> None:
    rebuild(plan_rebuild(get_definition("products"), swap=False))
    last = Operation.objects.filter(kind="rebuild").first()
    assert last is not None
    url = reverse("admin:elasticsearch_operation_change", args=[f"default_3A{last.pk}"])
    assert "→" not in visitor(superuser=True).get(url).content.decode()
