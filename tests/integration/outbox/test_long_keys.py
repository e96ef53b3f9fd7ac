"""Keys of any length can be captured, and the migration for this keeps existing rows."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import LoadFailed
from django_es_admin.indices.definition import IndexDefinition, definition_of
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, OutboxEntry, RefusedDocument
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.outbox.rows.refused import forget, read_refused, remember
from tests.inputs.models import Page, Remark

pytestmark = pytest.mark.django_db(transaction=True)

LONG = [
    "x" * 513,
    "語" * 513,
    "/".join(f"{number:04}" for number in range(500)),
    # PostgreSQL holds no longer one as a primary key, and cannot compress this one.
    "".join(chr(0x800 + (n * n * 7919) % 20_000) for n in range(850)),
]


@pytest.fixture
def definition(es: Elasticsearch) -> Iterator[IndexDefinition]:
    @registry.register_document
    class PageDocument(Document):
        title = fields.TextField()
        remarks = fields.NestedField(properties={"text": fields.TextField()})

        class Index:
            name = "pages"

        class Django:
            model = Page
            related_models = [Remark]

        def get_instances_from_related(self, related_instance: Remark) -> Page:
            return related_instance.page

    definition = definition_of(PageDocument)
    rebuild(plan_rebuild(definition))
    yield definition
    registry.unregister_document(PageDocument)


@pytest.mark.few(2)
@pytest.mark.parametrize("key", LONG)
def test_a_long_key_can_be_saved_and_deleted(
    definition: IndexDefinition, es: Elasticsearch, key: str
) -> None:
    with transaction.atomic():
        page = Page.objects.create(pk=key, title="long")
        Page.objects.create(pk="short", title="short")
    page.title = "longer"
    page.save()
    Remark.objects.create(page=page, text="so it is")
    with transaction.atomic():
        assert capture([page]) == 1
    drain_due()
    es.indices.refresh(index=definition.alias)
    assert es.count(index=definition.alias)["count"] == 1
    assert OutboxEntry.objects.filter(key=key).update(parked_at=Now()) > 0
    drain_due()
    page.delete()
    drain_due()
    assert not Page.objects.filter(title="longer").exists()


@pytest.mark.few(2)
@pytest.mark.parametrize("key", LONG)
def test_a_rebuild_names_a_long_key(definition: IndexDefinition, key: str) -> None:
    Page.objects.create(pk=key, title="long")
    with pytest.raises(LoadFailed) as raised:
        rebuild(plan_rebuild(definition))
    [(named, reason)] = raised.value.failures
    assert named == key
    assert "512 bytes" in reason
    assert RefusedDocument.objects.get().key == key


def test_refused_documents_of_keys_that_begin_alike(definition: IndexDefinition) -> None:
    generation = Generation.objects.get()
    keys = [f"{'x' * 3000}{number}" for number in range(3)]
    remember("default", generation.pk, dict.fromkeys(keys, "first"), 5)
    remember("default", generation.pk, {keys[0]: "second"}, 6)
    found = dict(RefusedDocument.objects.values_list("key", "error"))
    assert found == {keys[0]: "second", keys[1]: "first", keys[2]: "first"}
    forget("default", read_refused("default", generation.pk, keys[:2]))
    assert RefusedDocument.objects.get().key == keys[2]


def test_a_success_resolves_the_parked_rows_of_its_key_alone(definition: IndexDefinition) -> None:
    begin = "x" * 128
    for name in ("a", "b"):
        OutboxEntry.objects.create(
            connection="default", index="pages", key=f"{begin}{name}", parked_at="2026-01-01T00:00Z"
        )
    Page.objects.create(pk=f"{begin}a", title="good")
    drain_due()
    assert [entry.key for entry in OutboxEntry.objects.all()] == [f"{begin}b"]


@pytest.fixture
def migrated_back() -> Iterator[Callable[[], Any]]:
    """The tables as they were before; gives what makes them as they are."""
    executor = MigrationExecutor(connection)
    if "elasticsearch" not in executor.loader.migrated_apps:
        pytest.skip("the tests run without migrations")
    executor.migrate([("elasticsearch", "0007_refused_versions")])
    before = executor.loader.project_state([("elasticsearch", "0007_refused_versions")]).apps
    yield lambda: before
    call_command("migrate", "elasticsearch", verbosity=0)


def test_the_migration_keeps_what_is_there(migrated_back: Callable[[], Any]) -> None:
    before = migrated_back()
    generation = before.get_model("elasticsearch", "Generation").objects.create(
        connection="default", alias="a", name="a-1", role="live", digest="d"
    )
    refused = before.get_model("elasticsearch", "RefusedDocument").objects
    refused.create(generation=generation, key="1", error="first")
    refused.create(generation=generation, key="2", error="first")
    call_command("migrate", "elasticsearch", verbosity=0)
    remember("default", generation.pk, {"1": "second"}, 5)
    found = RefusedDocument.objects.filter(generation_id=generation.pk).order_by("key")
    assert list(found.values_list("key", "error")) == [("1", "second"), ("2", "first")]
    Generation.objects.all().delete()
