"""Many-to-many relations that no document reads: their changes cost nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_es_admin.documents import Document, fields, registry
from django_es_admin.models import OutboxEntry
from tests.guide.models import Badge, Category, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

Declare = Callable[..., type[Document]]


@pytest.fixture
def declare(settings: Any) -> Iterator[Declare]:
    """Declares a document of names, whose changes are left to workers."""
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    registered: list[type[Document]] = []

    def declare(model: Any, *related_models: Any, **attributes: Any) -> type[Document]:
        attributes |= {
            "name": fields.KeywordField(),
            "Index": type("Index", (), {"name": "links"}),
            "Django": type("Django", (), {"model": model, "related_models": related_models}),
        }
        document = type("LinkDocument", (Document,), attributes)
        registered.append(registry.register_document(document))
        return registered[-1]

    yield declare
    for document in registered:
        if document in registry.get_documents():
            registry.unregister_document(document)


def change_links(near: Any, far: Any) -> list[str]:
    """Add, remove and clear links between two objects' managers; return the SQL it took."""
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        for manager, other in ((near, far.instance), (far, near.instance)):
            manager.add(other)
            manager.remove(other)
            manager.set([other])
            manager.clear()
    return [query["sql"].partition(" ")[0] for query in queries]


@pytest.mark.parametrize("model", [Ticket, Badge])
def test_links_that_a_document_of_either_side_does_not_read(declare: Declare, model: Any) -> None:
    document = declare(model)
    ticket, badge = Ticket.objects.create(name="a"), Badge.objects.create(name="b")
    OutboxEntry.objects.all().delete()
    watched = change_links(badge.tickets, ticket.badge_set)
    assert not OutboxEntry.objects.exists()
    registry.unregister_document(document)
    assert watched == change_links(badge.tickets, ticket.badge_set)


def test_links_of_a_related_model_that_the_document_does_not_read(declare: Declare) -> None:
    document = declare(
        Category,
        Badge,
        badge_set=fields.NestedField(properties={"name": fields.KeywordField()}),
        get_instances_from_related=lambda self, badge: badge.giver,
    )
    place = Category.objects.create(name="place", slug="place")
    ticket, badge = Ticket.objects.create(name="a"), Badge.objects.create(name="b", giver=place)
    OutboxEntry.objects.all().delete()
    watched = change_links(badge.tickets, ticket.badge_set)
    assert not OutboxEntry.objects.exists()
    registry.unregister_document(document)
    assert watched == change_links(badge.tickets, ticket.badge_set)


def test_links_that_an_unknown_method_may_read(declare: Declare) -> None:
    declare(Ticket, prepare_name=lambda self, ticket: str(ticket.badge_set.count()))
    ticket, badge = Ticket.objects.create(name="a"), Badge.objects.create(name="b")
    OutboxEntry.objects.all().delete()
    change_links(badge.tickets, ticket.badge_set)
    assert set(OutboxEntry.objects.values_list("kind", "key")) == {("object", str(ticket.pk))}
