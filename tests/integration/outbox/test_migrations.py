"""Migrations of a project: models of their own, and tables that are not there yet."""

import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.management import call_command
from django.db import connection, migrations, models, transaction
from django.db.migrations.state import ModelState, ProjectState

from django_es_admin.documents import Document, fields, registry
from django_es_admin.exceptions import KeyMissing, ModelNotIndexed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.capture import capture
from django_es_admin.outbox.rows import tables
from tests.guide.models import Badge, Category, Product, Review, Tag, Ticket

DOCS = Path(__file__).parents[3] / "docs"

pytestmark = pytest.mark.django_db(transaction=True)

Indexed = Callable[[], dict[str, Any]]


def historical(*wanted: Any) -> Apps:
    """Return the models as a migration has them."""
    state = ProjectState()
    for model in wanted:
        state.add_model(ModelState.from_model(model))
    return state.apps


@pytest.fixture
def products(indexed: Indexed) -> Callable[[], list[Any]]:
    """Returns the names in the index."""
    return lambda: sorted(source["name"] for source in indexed().values())


def test_objects_that_a_migration_creates(products: Callable[[], list[Any]]) -> None:
    model = historical(Product, Category, Tag).get_model("guide", "Product")
    assert model is not Product
    with transaction.atomic():
        model.objects.create(name="silent", description="", price=1)
        noted = model.objects.create(name="noted", description="", price=1)
        assert capture([noted]) == 1
    assert products() == ["noted"]
    with transaction.atomic():
        assert capture(model.objects.all()) == 2
    assert products() == ["noted", "silent"]


def test_related_objects_that_a_migration_changes(
    products: Callable[[], list[Any]], indexed: Indexed
) -> None:
    category = Category.objects.create(name="old", slug="c")
    Product.objects.create(name="a", description="", price=1, category=category)
    with transaction.atomic():
        model = historical(Category).get_model("guide", "Category")
        model.objects.update(name="new")
        assert capture(model.objects.all()) > 0
    assert [source["category"]["name"] for source in indexed().values()] == ["new"]


@pytest.mark.usefixtures("definition")
def test_a_model_that_nobody_indexes_is_refused() -> None:
    class Gone(models.Model):  # noqa: DJ008 (there is nothing of it)
        class Meta:
            app_label = "guide"
            apps = Apps()

    for unknown in (Badge, historical(Badge, Category, Ticket).get_model("guide", "Badge"), Gone):
        with (
            transaction.atomic(),
            pytest.raises(ModelNotIndexed, match=f"{unknown._meta.label} is not indexed"),
        ):
            capture(unknown._default_manager.all())
        with transaction.atomic(), pytest.raises(ModelNotIndexed):
            capture([unknown(pk=1)])
    mixed = [Product(pk=1), Badge(pk=1)]
    with transaction.atomic(), pytest.raises(ModelNotIndexed):
        capture(mixed)
    with transaction.atomic(), pytest.raises(KeyMissing):
        capture([Product()])
    assert not OutboxEntry.objects.exists()
    assert capture([]) == 0


@pytest.fixture
def by_hand(transactional_db: None) -> Iterator[None]:
    @registry.register_document
    class ReviewDocument(Document):
        text = fields.TextField()

        class Index:
            name = "reviews"

        class Django:
            model = Review
            ignore_signals = True

    yield
    registry.unregister_document(ReviewDocument)


@pytest.mark.usefixtures("by_hand")
def test_a_document_whose_project_tells_of_its_changes_itself(settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    product = Product.objects.create(name="a", description="", price=1)
    OutboxEntry.objects.all().delete()
    review = Review.objects.create(product=product, text="good", stars=5)
    assert not OutboxEntry.objects.exists()
    with transaction.atomic():
        assert capture([review]) == 1
    assert OutboxEntry.objects.get().index == "reviews"


def documented() -> Callable[[Any, Any], None]:
    """Return the function that the documentation gives to a migration."""
    text = (DOCS / "sync.md").read_text(encoding="utf-8")
    [block] = [b for b in re.findall(r"```python\n(.*?)```", text, re.S) if "RunPython" in b]
    names: dict[str, Any] = {}
    exec(block.replace("shop", "guide"), names)  # noqa: S102 (it is ours)
    migration = names["Migration"]
    assert ("elasticsearch", "__latest__") in migration.dependencies
    [operation] = migration.operations
    assert isinstance(operation, migrations.RunPython)
    return operation.code


def test_the_migration_of_the_documentation(products: Callable[[], list[Any]]) -> None:
    code = documented()
    with connection.schema_editor(atomic=True) as editor:
        code(historical(Product, Category, Tag), editor)
    assert products() == ["Gift card"]


@pytest.fixture
def no_tables() -> Iterator[None]:
    """The database as it is before `migrate` comes to this app."""
    call_command("migrate", "elasticsearch", "zero", verbosity=0)
    yield
    call_command("migrate", "elasticsearch", verbosity=0)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]


@pytest.mark.slow
@pytest.mark.in_ci
@pytest.mark.usefixtures("no_tables")
def test_saves_go_on_before_the_tables_are_there(caplog: pytest.LogCaptureFixture) -> None:
    category = Category.objects.create(name="c", slug="c")
    with transaction.atomic():
        product = Product.objects.create(name="a", description="", price=1, category=category)
        product.tags.add(Tag.objects.create(name="t"))
        product.name = "b"
        product.save()
        assert capture([product]) == 0
        assert capture(Product.objects.all()) == 0
    category.name = "d"
    category.save()
    product.tags.clear()
    Product.objects.all().delete()
    category.delete()
    assert not Category.objects.exists()
    [warning] = warnings(caplog)
    assert "has no table elasticsearch_outboxentry yet" in warning
    assert "run `manage.py migrate`, and `manage.py es_rebuild` after it" in warning


@pytest.mark.usefixtures("no_tables")
def test_changes_are_noted_once_the_tables_are_there(
    caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SYNC": "worker"}
    Category.objects.create(name="before", slug="a")
    product = Product.objects.create(name="before", description="", price=1)
    assert len(warnings(caplog)) == 1
    call_command("migrate", "elasticsearch", verbosity=0)
    product.save()
    assert OutboxEntry.objects.filter(key=str(product.pk)).exists()
    call_command("migrate", "elasticsearch", "zero", verbosity=0)
    product.save()
    assert len(warnings(caplog)) == 2


def test_nobody_looks_for_the_table_again(django_assert_num_queries: Any) -> None:
    assert tables.has_outbox("default")
    with django_assert_num_queries(0):
        assert tables.has_outbox("default")


@pytest.mark.slow
@pytest.mark.in_ci
@pytest.mark.usefixtures("no_tables")
def test_a_fixture_is_loaded_before_the_tables_are_there(tmp_path: Path) -> None:
    path = tmp_path / "tags.json"
    path.write_text(
        '[{"model": "guide.tag", "pk": 5, "fields": {"name": "loaded"}},'
        ' {"model": "guide.product", "pk": 5, "fields":'
        ' {"name": "p", "description": "", "price": "1", "tags": [5]}}]'
    )
    call_command("loaddata", str(path), verbosity=0)
    assert Product.objects.get().tags.get().name == "loaded"


def test_the_index_has_all_after_a_rebuild(
    definition: Any, no_tables: None, indexed: Indexed
) -> None:
    Product.objects.create(name="before", description="", price=1)
    call_command("migrate", "elasticsearch", verbosity=0)
    assert indexed() == {}
    # The index is of before, when the database had another key.
    assert "belongs to another database" in plan_rebuild(definition).refusals[0]
    plan = plan_rebuild(definition, foreign=True)
    rebuild(plan)
    assert [source["name"] for source in indexed().values()] == ["before"]
