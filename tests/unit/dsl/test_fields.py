"""The values of fields, as django-elasticsearch-dsl finds them."""

from collections.abc import Iterator
from datetime import time
from types import SimpleNamespace as Some
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext_lazy
from elasticsearch import dsl

from django_es_admin.dsl import fields
from django_es_admin.dsl.exceptions import VariableLookupError


def value(field: Any, instance: Any, **options: Any) -> Any:
    return field.get_value_from_instance(instance, **options)


def person(**more: Any) -> Some:
    return Some(person=Some(first="Ada", last="L", **more))


class Gone:
    @property
    def owner(self) -> None:
        raise ObjectDoesNotExist


@pytest.mark.parametrize(
    ("attr", "instance", "found"),
    [
        ("name", Some(name="a"), "a"),
        ("owner.name", Some(owner=Some(name="a")), "a"),
        ("owner.name", Some(owner={"name": "a"}), "a"),
        ("tags.0.name", Some(tags=[{"name": "a"}, {"name": "b"}]), "a"),
        ("tags.5.name", Some(tags=[]), None),
        ("shout", Some(shout=lambda: "A"), "A"),
        ("owner.shout", Some(owner=Some(shout=lambda: "A")), "A"),
        ("owner.name", Some(owner=None), None),
        ("owner.name", Gone(), None),
        ("missing", Some(), None),
        ("name", None, None),
        ("name", Some(name=gettext_lazy("January")), "January"),
        ("name", Some(name=0), 0),
        ("name", Some(name=False), False),
    ],
)
def test_paths(attr: str, instance: Any, found: Any) -> None:
    read = value(fields.DEDField(attr=attr), instance)
    assert read == found
    assert type(read) is type(found)


def test_the_path() -> None:
    field = fields.TextField(attr="owner.name")
    assert field._path == ["owner", "name"]
    assert field.to_dict() == {"type": "text"}
    assert fields.TextField()._path == []


def test_required() -> None:
    with pytest.raises(VariableLookupError, match="'missing'"):
        value(fields.TextField(attr="missing", required=True), Some())


def test_what_is_to_be_left_out() -> None:
    owner = Some(name="a")
    field = fields.DEDField(attr="owner")
    assert value(field, Some(owner=owner), field_value_to_ignore=owner) is None
    many = fields.ObjectField(attr="owners", properties={"name": fields.TextField()})
    assert value(many, Some(owners=[owner, Some(name="b")]), field_value_to_ignore=owner) == [
        {"name": "b"}
    ]


@pytest.mark.parametrize("kind", [fields.ObjectField, fields.NestedField])
class TestObjects:
    def field(self, kind: Any, **properties: Any) -> Any:
        return kind(attr="person", properties={"first": fields.TextField(), **properties})

    def test_one(self, kind: Any) -> None:
        assert value(self.field(kind), person()) == {"first": "Ada"}

    def test_none(self, kind: Any) -> None:
        assert value(self.field(kind), Some(person=None)) == {}
        assert value(self.field(kind), Some()) == {}

    def test_many(self, kind: Any) -> None:
        instance = Some(person=[Some(first="Ada"), Some(first="Bob")])
        assert value(self.field(kind), instance) == [{"first": "Ada"}, {"first": "Bob"}]
        assert value(self.field(kind), Some(person=[])) == []

    def test_inner(self, kind: Any) -> None:
        field = self.field(kind, more=fields.ObjectField(properties={"age": fields.ByteField()}))
        assert value(field, person(more=Some(age=3))) == {"first": "Ada", "more": {"age": 3}}
        assert value(field, person(more=None)) == {"first": "Ada", "more": {}}

    def test_without_properties(self, kind: Any) -> None:
        field = kind(attr="person")
        assert value(field, Some(person={"a": 1})) == {"a": 1}
        assert value(field, Some(person=[{"a": 1}, {"b": 2}])) == [{"a": 1}, {"b": 2}]

    def test_prepare_of_an_inner_document(self, kind: Any) -> None:
        class Person(dsl.InnerDoc):
            first = fields.TextField()
            last = fields.TextField()

            def prepare_last(self, instance: Any) -> str:
                return f"{instance.last}!"

        assert value(kind(attr="person", doc_class=Person), person()) == {
            "first": "Ada",
            "last": "L!",
        }


def test_the_mapping_of_objects() -> None:
    properties = {"first": fields.TextField(analyzer="foo"), "last": fields.TextField()}
    mapped = {"first": {"type": "text", "analyzer": "foo"}, "last": {"type": "text"}}
    assert fields.ObjectField(properties=dict(properties)).to_dict() == {
        "type": "object",
        "properties": mapped,
    }
    assert fields.NestedField(properties=dict(properties)).to_dict() == {
        "type": "nested",
        "properties": mapped,
    }


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (fields.BooleanField(), "boolean"),
        (fields.ByteField(), "byte"),
        (fields.CompletionField(), "completion"),
        (fields.DateField(), "date"),
        (fields.DoubleField(), "double"),
        (fields.FileField(), "text"),
        (fields.FloatField(), "float"),
        (fields.GeoPointField(), "geo_point"),
        (fields.GeoShapeField(), "geo_shape"),
        (fields.IntegerField(), "integer"),
        (fields.IpField(), "ip"),
        (fields.KeywordField(), "keyword"),
        (fields.LongField(), "long"),
        (fields.SearchAsYouTypeField(), "search_as_you_type"),
        (fields.ShortField(), "short"),
        (fields.TextField(), "text"),
        (fields.TimeField(), "keyword"),
        (fields.ListField(fields.IntegerField(attr="a.b")), "integer"),
    ],
)
def test_the_mapping(field: Any, kind: str) -> None:
    assert field.to_dict() == {"type": kind}


def test_options_of_a_mapping() -> None:
    assert fields.ScaledFloatField(scaling_factor=100).to_dict() == {
        "type": "scaled_float",
        "scaling_factor": 100,
    }


class File(FieldFile):
    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def url(self) -> str:
        return f"/media/{self.name}"


@pytest.mark.parametrize(
    ("file", "found"),
    [
        (File("a.pdf"), "/media/a.pdf"),
        (File(""), ""),
        (None, ""),
        ("elsewhere.pdf", "elsewhere.pdf"),
        (lambda: "made.pdf", "made.pdf"),
    ],
)
def test_files(file: Any, found: str) -> None:
    assert value(fields.FileField(attr="file"), Some(file=file)) == found


def test_times() -> None:
    field = fields.TimeField(attr="at")
    assert value(field, Some(at=time(7, 30))) == "07:30:00"
    assert value(field, Some(at=time(0))) == "00:00:00"
    assert value(field, Some(at=None)) is None


def test_lists() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2)

    field = fields.ListField(fields.IntegerField(attr="a.b"))
    assert value(field, Some(a=Some(b=(1, 2)))) == [1, 2]
    assert value(fields.ListField(fields.IntegerField(attr="a")), Some(a=numbers)) == [1, 2]
    assert value(fields.ListField(fields.IntegerField(attr="a")), Some(a=None)) == []
    objects = fields.ListField(fields.ObjectField(attr="a", properties={"b": fields.TextField()}))
    assert value(objects, Some(a=[Some(b=1), Some(b=2)])) == [{"b": 1}, {"b": 2}]
    assert value(objects, Some(a=None)) == []


def test_a_projects_own_field() -> None:
    class Vector(fields.DEDField, dsl.DenseVector):
        def get_value_from_instance(self, instance: Any, field_value_to_ignore: Any = None) -> Any:
            return [float(one) for one in super().get_value_from_instance(instance)]

    field = Vector(attr="vector", dims=2)
    assert field.to_dict() == {"type": "dense_vector", "dims": 2}
    assert value(field, Some(vector=("1", "2"))) == [1.0, 2.0]
    assert field.may_read_anything
    assert not fields.ObjectField().may_read_anything
    assert not fields.ListField(fields.TextField()).may_read_anything
