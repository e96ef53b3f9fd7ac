"""Fields of the mapping alone, fields that are declared twice, and code that fails."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest
from django.db import transaction
from elasticsearch import dsl

from django_es_admin.documents import fields
from django_es_admin.exceptions import LoadFailed
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from tests.guide.models import Category, FlatProduct, Product, Tag
from tests.integration.documents.declared import Declared

Declare = Callable[..., Declared]


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="warm", price=1, **values)


def test_what_is_declared_goes_before_what_fields_would_give(declare: Declare) -> None:
    index = declare(
        Product,
        names=("name", "price"),
        name=fields.KeywordField(attr="description"),
        prepare_price=lambda self, product: 5,
    )
    make()
    assert index.only() == {"name": "warm", "price": 5}
    mapping = index.es.indices.get_mapping(index=index.definition.alias)
    [found] = [one["mappings"]["properties"] for one in mapping.values()]
    assert found["name"]["type"] == "keyword"


@pytest.mark.parametrize("by_instances", [False, True])
def test_fields_of_the_mapping_alone(declare: Declare, by_instances: bool) -> None:
    shout = {"shout": fields.KeywordField()} if by_instances else {}
    index = declare(
        Product,
        related=(Category,),
        get_instances_from_related=lambda self, category: category.product_set.all(),
        name=fields.TextField(copy_to=["all_text", "category.both"]),
        description=fields.TextField(copy_to="all_text"),
        all_text=fields.TextField(),
        title=dsl.Alias(path="name"),
        category=fields.ObjectField(
            properties={
                "name": fields.TextField(copy_to="category.both"),
                "slug": fields.KeywordField(),
                "both": fields.TextField(),
                "label": dsl.Alias(path="category.slug"),
            }
        ),
        **shout,
    )
    assert index.document.django.source.uses_columns is not by_instances
    make(category=Category.objects.create(name="Shoes", slug="shoes"))
    assert index.errors() == {}
    source = index.only()
    assert source["category"] == {"name": "Shoes", "slug": "shoes"}
    assert source.keys() - {"shout"} == {"name", "description", "category"}
    for field, words in {
        "all_text": "boot warm",
        "category.both": "boot shoes",
        "title": "boot",
    }.items():
        assert index.count(match={field: {"query": words, "operator": "and"}}) == 1
    assert index.count(term={"category.label": "shoes"}) == 1


def test_a_copy_that_has_a_value_of_its_own(declare: Declare) -> None:
    index = declare(
        Product,
        name=fields.TextField(copy_to=["description", "words"]),
        description=fields.TextField(),
        words=fields.TextField(),
        prepare_words=lambda self, product: "left right",
    )
    make()
    assert index.only() == {"name": "Boot", "description": "warm", "words": "left right"}
    for word in ("boot", "left"):
        assert index.count(match={"words": word}) == 1
    for word in ("boot", "warm"):
        assert index.count(match={"description": word}) == 1


class Colour:
    name = "red"

    @cached_property
    def tint(self) -> str:
        return self.no_such_thing


def own_error(product: Product) -> str:
    return product.no_such_thing


def missing(product: Product) -> str:
    return Tag.objects.get(name="nowhere").name


class Broken(cached_property):
    def __init__(self) -> None:
        super().__init__(own_error)
        self.__set_name__(Product, "extra")


# What an attribute of the model is, the field that reads it, and what its error says.
FAILING: dict[str, tuple[Any, dict[str, Any], str]] = {
    "property": (property(own_error), {}, ": AttributeError"),
    "cached property": (Broken(), {}, ": AttributeError"),
    "method": (own_error, {}, ": AttributeError"),
    "property of an object": (property(lambda product: Colour()), {"rest": ".tint"}, ": Attribute"),
    "within an object": (
        property(lambda product: Colour()),
        {
            "kind": fields.ObjectField,
            "properties": {
                "of": fields.ObjectField(attr="tint", properties={"name": fields.TextField()})
            },
        },
        ".of: AttributeError: incident ",
    ),
    "another error": (property(lambda product: {}["colour"]), {}, ": KeyError: incident "),
    "list of a number": (
        property(lambda product: 5),
        {"list": True},
        ": TypeError: ListField takes a list, and got a value of int",
    ),
    "list of a text": (property(lambda product: "abc"), {"list": True}, "a value of str"),
    "list of a dict": (property(lambda product: {"a": 1}), {"list": True}, "a value of dict"),
    "list of a file": (property(lambda p: p.photo), {"list": True}, "a value of FieldFile"),
}

WORKING: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "attribute that is not there": (
        property(lambda product: Colour()),
        {"rest": ".shade"},
        None,
    ),
    "object that is not there": (property(missing), {}, None),
    "key that is not there": (property(lambda product: {"a": 1}), {"rest": ".b"}, None),
    "nothing on the way": (property(lambda product: None), {"rest": ".colour.name"}, None),
    "list": (lambda product: ("a", "b"), {"list": True}, ["a", "b"]),
    "list that is made at last": (lambda product: (n for n in "ab"), {"list": True}, ["a", "b"]),
    "list of a set": (property(lambda product: {"c", "b", "a"}), {"list": True}, ["a", "b", "c"]),
    "list of a queryset": (
        lambda product: Product.objects.values_list("name", flat=True),
        {"list": True},
        ["Boot"],
    ),
    "no list": (property(lambda product: None), {"list": True}, []),
    "list of files": (
        property(lambda product: [product.photo]),
        {"list": True, "kind": fields.FileField},
        [None],
    ),
}


def under(name: str) -> str:
    return name.replace(" ", "_")


def field_of(name: str, options: dict[str, Any]) -> Any:
    made = options.get("kind", fields.KeywordField)(
        attr=f"extra_{under(name)}{options.get('rest', '')}",
        **({"properties": options["properties"]} if "properties" in options else {}),
    )
    return fields.ListField(made) if options.get("list") else made


@pytest.mark.parametrize("name", FAILING)
def test_code_of_the_project_that_fails_names_its_field(
    build: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    attribute, options, expected = FAILING[name]
    monkeypatch.setattr(Product, f"extra_{under(name)}", attribute, raising=False)
    document = build(Product, **{under(name): field_of(name, options)})
    make()
    [prepared] = document.django.source.read(Product.objects.all())
    assert prepared.source is None
    assert prepared.error.startswith(under(name))
    assert expected in prepared.error


def test_an_object_whose_property_fails_does_not_stop_the_others(
    declare: Declare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colour(product: Product) -> str:
        return product.no_such_thing if product.name == "bad" else "red"

    monkeypatch.setattr(Product, "colour", property(colour), raising=False)
    index = declare(Product, name=fields.KeywordField(), colour=fields.KeywordField())
    with transaction.atomic():
        make("a")
        bad = make("bad")
        make("b")
    assert [one["name"] for one in index.read().values()] == ["a", "b"]
    assert "colour: AttributeError" in index.errors()[str(bad.pk)]
    with pytest.raises(LoadFailed) as raised:
        rebuild(plan_rebuild(index.definition))
    assert "colour: AttributeError" in raised.value.failures[0][1]


def test_code_of_the_project_that_works(declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, (attribute, _, _) in WORKING.items():
        monkeypatch.setattr(Product, f"extra_{under(name)}", attribute, raising=False)
    index = declare(
        Product,
        **{under(name): field_of(name, options) for name, (_, options, _) in WORKING.items()},
    )
    make()
    assert index.errors() == {}
    assert index.only() == {under(name): expected for name, (_, _, expected) in WORKING.items()}


def test_a_method_of_the_document_that_fails(declare: Declare) -> None:
    index = declare(
        FlatProduct,
        sku=fields.KeywordField(),
        prepare_sku=lambda self, product: product.sku.nowhere,
    )
    product = FlatProduct.objects.create(name="a", description="", price=1, sku="s")
    assert "sku: AttributeError: incident " in index.errors()[str(product.pk)]
