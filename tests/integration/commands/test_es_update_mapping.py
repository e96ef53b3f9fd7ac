"""`es_update_mapping` and `es_rebuild --only-changed`: what a deployment has to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents import Document, fields, registry
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.verify.plan import plan_verify
from django_es_admin.lifecycle.verify.verify import verify
from django_es_admin.models import Generation, Operation
from django_es_admin.outbox.drain import known_fields
from tests.guide.models import Product
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import make_products

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "deployed"


@contextmanager
def code(**values: Any) -> Iterator[IndexDefinition]:
    """Run a version of the code: its document has these fields beside the name."""
    settings = values.pop("settings", {"number_of_replicas": 0})

    made = type(Document)(
        "Deployed",
        (Document,),
        {
            "name": fields.TextField(),
            **values,
            "Index": type("Index", (), {"name": NAME, "settings": settings}),
            "Django": type("Django", (), {"model": Product}),
        },
    )
    registry.register_document(made)
    try:
        yield get_definition(NAME)
    finally:
        registry.unregister_document(made)


@pytest.fixture
def live(es: Elasticsearch) -> None:
    """Three products in a generation that the first version of the code built."""
    make_products(3)
    with code() as definition:
        rebuild(plan_rebuild(definition))


def mapping(es: Elasticsearch, definition: IndexDefinition) -> dict[str, Any]:
    [found] = es.indices.get_mapping(index=definition.alias).body.values()
    return found["mappings"]["properties"]


def test_a_field_is_added_and_filled(run: Run, es: Elasticsearch, live: None) -> None:
    with code(price=fields.FloatField(), plain=fields.KeywordField(attr="name")) as definition:
        done = run("es_update_mapping", NAME, "--note", "a price")
        assert done.code == 0
        assert "deployed: price: in place: a field can be added." in done.out
        assert "deployed: 3 objects are written again." in done.out
        assert mapping(es, definition)["price"] == {"type": "float"}
        es.indices.refresh(index=definition.alias)
        assert verify(plan_verify(definition)).equal
        operation = Operation.objects.filter(kind="update").get()
        assert (operation.kind, operation.state) == ("update", "done")
        assert operation.details["note"] == "a price"
        # It is as if it had been built for this code.
        assert "nothing to update" in run("es_update_mapping", NAME).out
        done = run("es_rebuild", NAME, "--only-changed")
        assert (done.code, Generation.objects.count()) == (0, 1)
        assert "Nothing to do" in done.out


def test_a_sub_field_and_a_parameter(run: Run, es: Elasticsearch, live: None) -> None:
    name = fields.TextField(fields={"raw": fields.KeywordField(ignore_above=100)})
    with code(name=name) as definition:
        assert run("es_update_mapping", NAME).code == 0
        assert mapping(es, definition)["name"]["fields"]["raw"]["ignore_above"] == 100
    name = fields.TextField(fields={"raw": fields.KeywordField(ignore_above=200)})
    with code(name=name) as definition:
        done = run("es_update_mapping", NAME, "--json")
        [told] = done.json["indices"]
        assert [(c["path"], c["applies"]) for c in told["changes"]] == [("name.raw", True)]
        assert (told["updated"], told["written"]) == (True, 3)
        assert mapping(es, definition)["name"]["fields"]["raw"]["ignore_above"] == 200


def test_what_needs_a_rebuild_changes_nothing(run: Run, es: Elasticsearch, live: None) -> None:
    with code(name=fields.KeywordField(), price=fields.FloatField()) as definition:
        before = mapping(es, definition)
        done = run("es_update_mapping", NAME)
        assert done.code == 1
        assert "name of deployed cannot be changed in place, so nothing is" in done.message
        assert "price: in place" in done.out
        assert "name: rebuild: the type of a field" in done.out
        assert mapping(es, definition) == before
        assert not Operation.objects.filter(kind="update").exists()


def test_new_analysis_needs_a_rebuild(run: Run, live: None) -> None:
    analyzer = {"analysis": {"analyzer": {"loud": {"type": "custom", "tokenizer": "keyword"}}}}
    settings = {"number_of_replicas": 0, **analyzer}
    with code(settings=settings, loud=fields.TextField(analyzer="loud", attr="name")):
        done = run("es_update_mapping", NAME)
        assert done.code == 1
        assert "The analysis of deployed differs (analysis.analyzer.loud" in done.message
        assert run("es_rebuild", NAME, "--only-changed").code == 0
        assert "nothing to update" in run("es_update_mapping", NAME).out


def test_a_field_that_is_gone_stays(run: Run, es: Elasticsearch) -> None:
    make_products(2)
    with code(price=fields.FloatField()) as definition:
        rebuild(plan_rebuild(definition))
    with code(is_active=fields.BooleanField()) as definition:
        done = run("es_update_mapping", NAME, "--dry-run")
        assert "price: stays: it is no longer declared." in done.out
        assert "is_active" not in mapping(es, definition)
        assert run("es_update_mapping", NAME).code == 0
        assert {"price", "is_active"} <= mapping(es, definition).keys()
        es.indices.refresh(index=definition.alias)
        assert verify(plan_verify(definition)).equal


def test_without_writing_the_objects(run: Run, es: Elasticsearch, live: None) -> None:
    with code(price=fields.FloatField()) as definition:
        done = run("es_update_mapping", NAME, "--no-reindex")
        assert "`manage.py es_reindex deployed --all` writes the objects" in done.out
        # It is still one that was built for other code.
        assert "reads its fields in another way" in run("es_rebuild", "--only-changed", NAME).out
        assert verify(plan_verify(definition)).equal


class TestOnlyChanged:
    def test_nothing(self, run: Run, live: None) -> None:
        with code():
            done = run("es_rebuild", NAME, "--only-changed")
            assert done.code == 0
            assert done.out.startswith("Nothing to do: the mapping, settings and fields of")
            [event] = run("es_rebuild", NAME, "--only-changed", "--json").events
            assert (event["event"], event["index"]) == ("unchanged", NAME)
            assert Generation.objects.count() == 1

    @pytest.mark.few(2)
    @pytest.mark.parametrize(
        ("values", "why"),
        [
            ({"price": fields.FloatField()}, "The mapping differs in 1 field (price)."),
            ({"name": fields.KeywordField()}, "The mapping differs in 1 field (name)."),
            ({"name": fields.TextField(attr="description")}, "reads its fields in another way."),
            (
                {"settings": {"number_of_replicas": 0, "refresh_interval": "7s"}},
                "Settings differ (refresh_interval).",
            ),
            (
                {"settings": {"index": {"number_of_replicas": 0}, "analysis": {"filter": {}}}},
                "reads its fields in another way.",
            ),
        ],
    )
    def test_each_reason(self, run: Run, live: None, values: dict[str, Any], why: str) -> None:
        with code(**values):
            done = run("es_rebuild", NAME, "--only-changed")
            assert done.code == 0
            assert why in done.out
            assert Generation.objects.filter(role="live").count() == 1
            assert Generation.objects.count() == 2
            assert "Nothing to do" in run("es_rebuild", NAME, "--only-changed").out

    def test_nothing_is_live(self, run: Run, es: Elasticsearch) -> None:
        make_products(1)
        with code():
            assert "No loaded generation is live." in run("es_rebuild", NAME, "--only-changed").out
            assert Generation.objects.get().role == "live"

    def test_one_that_was_created_and_gets_all_changes(self, run: Run, es: Elasticsearch) -> None:
        with code() as definition:
            run("es_create", NAME)
            assert "Nothing to do" in run("es_rebuild", NAME, "--only-changed").out
            make_products(1)
            # They were saved past the signals, so nobody has written them.
            assert "No loaded generation is live." in run("es_rebuild", NAME, "--only-changed").out
            assert verify(plan_verify(definition)).equal

    def test_one_of_two(self, run: Run, live: None) -> None:
        with code():
            rebuild(plan_rebuild(get_definition("flat-products")))
        with code(price=fields.FloatField()):
            done = run("es_rebuild", NAME, "flat-products", "--only-changed", "--json")
            kinds = [(e["event"], e["index"]) for e in done.events if e["event"] != "progress"]
            assert ("unchanged", "flat-products") in kinds
            assert ("done", NAME) in kinds


class TestFieldsOfOtherCode:
    """New code is deployed, and the rebuild has not been done, or failed."""

    @pytest.fixture(autouse=True)
    def _look_anew(self) -> None:
        known_fields._known.clear()

    def test_no_mapping_is_guessed(self, es: Elasticsearch, live: None) -> None:
        declared = {
            "price": fields.FloatField(),
            "category": fields.ObjectField(properties={"slug": fields.KeywordField()}),
        }
        with code(**declared) as definition:
            before = mapping(es, definition)
            product = Product.objects.first()
            product.name = "by newer code"
            product.save()
            assert mapping(es, definition) == before
            document = es.get(index=definition.alias, id=str(product.pk))["_source"]
            assert document == {"name": "by newer code"}
            # The generation of the new code gets all of it, and the standby what it knows.
            rebuild(plan_rebuild(definition))
            product.name = "again"
            product.save()
            document = es.get(index=definition.alias, id=str(product.pk))["_source"]
            assert document.keys() == {"name", "price", "category"}
            standby = Generation.objects.get(role="standby").name
            assert es.get(index=standby, id=str(product.pk))["_source"] == {"name": "again"}
            assert (
                es.indices.get_mapping(index=standby)[standby]["mappings"]["properties"] == before
            )

    def test_parts_of_objects(self, es: Elasticsearch) -> None:
        old = fields.ObjectField(properties={"name": fields.KeywordField()})
        inner = {"name": fields.KeywordField(), "slug": fields.KeywordField()}
        [product] = make_products(1)
        with code(category=old) as definition:
            rebuild(plan_rebuild(definition))
        with code(category=fields.ObjectField(properties=inner)) as definition:
            before = mapping(es, definition)
            product.save()
            assert mapping(es, definition) == before
            document = es.get(index=definition.alias, id=str(product.pk))["_source"]
            assert document["category"] == {"name": "Shoes"}

    @pytest.mark.parametrize("dynamic", ["true", "runtime", "strict"])
    def test_an_index_that_was_made_by_hand(self, es: Elasticsearch, dynamic: str) -> None:
        """A rebuild that stops leaves its mapping as it was, too."""
        [product, *_] = make_products(2)
        with code(price=fields.FloatField()) as definition:
            es.indices.create(
                index=f"{definition.alias}-by-hand",
                aliases={definition.alias: {}},
                mappings={"dynamic": dynamic, "properties": {"name": {"type": "text"}}},
                settings={"number_of_replicas": 0},
            )
            before = mapping(es, definition)
            rebuild(plan_rebuild(definition, swap=False))
            product.name = "by newer code"
            product.save()
            assert mapping(es, definition) == before
            document = es.get(index=definition.alias, id=str(product.pk))["_source"]
            assert document == {"name": "by newer code"}

    def test_older_code_of_which_no_generation_is_left(
        self, run: Run, es: Elasticsearch, live: None
    ) -> None:
        """It may be going, or coming back: nobody can tell, so that it writes what is known."""
        with code(price=fields.FloatField(), is_active=fields.BooleanField()) as definition:
            rebuild(plan_rebuild(definition))
        with code() as definition:
            rebuild(plan_rebuild(definition))
            Generation.objects.exclude(role="live").delete()
            before = mapping(es, definition)
        with code(price=fields.FloatField(), is_active=fields.BooleanField()) as definition:
            product = Product.objects.first()
            product.name = "by older code"
            product.save()
            assert mapping(es, definition) == before
            document = es.get(index=definition.alias, id=str(product.pk))["_source"]
            assert document == {"name": "by older code"}

    def test_an_update_is_known_at_once(self, run: Run, es: Elasticsearch, live: None) -> None:
        with code(price=fields.FloatField()) as definition:
            product = Product.objects.first()
            product.save()
            assert "price" not in es.get(index=definition.alias, id=str(product.pk))["_source"]
            run("es_update_mapping", NAME, "--no-reindex")
            product.save()
            assert es.get(index=definition.alias, id=str(product.pk))["_source"]["price"] == 0.0

    def test_what_a_document_adds_by_itself_is_left(
        self, es: Elasticsearch, definition: IndexDefinition
    ) -> None:
        """Undeclared names are what a dynamic mapping is for."""
        trimmed = known_fields._trimmed(
            {"name": "x", "free": 1, "new": 2, "o": [{"a": 1, "b": 2, "c": 3}]},
            {"properties": {"name": {}, "new": {}, "o": {"properties": {"a": {}, "b": {}}}}},
            {"properties": {"name": {}, "o": {"properties": {"a": {}}}}},
        )
        assert trimmed == {"name": "x", "free": 1, "o": [{"a": 1, "c": 3}]}
