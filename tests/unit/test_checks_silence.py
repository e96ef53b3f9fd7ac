"""Every declaration of a document has an effect, or a check says that it has none."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.checks import CheckMessage
from django.db import models
from django.test.utils import isolate_apps
from elasticsearch import dsl

from django_es_admin.checks import check_documents
from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.hooks import FOREIGN_HOOKS
from django_es_admin.exceptions import DocumentMisdeclared
from tests.guide.models import Board, Category, FlatProduct, Memo, Product, Review, Tag, Ticket

Check = Callable[..., list[CheckMessage]]


@pytest.fixture
def check() -> Iterator[Check]:
    """Registers a document class, gives what the checks say of it, and forgets it after."""
    registered: list[type[Document]] = []

    def declare(
        model: Any = Product,
        related: tuple[Any, ...] = (),
        index: dict[str, Any] | None = None,
        base: type[Document] = Document,
        names: tuple[str, ...] = (),
        **attributes: Any,
    ) -> list[CheckMessage]:
        options = {"model": model, "related_models": related, "fields": names}
        attributes |= {
            "Index": type("Index", (), {"name": f"silence-{len(registered)}", **(index or {})}),
            "Django": type("Django", (), options),
        }
        registered.append(registry.register_document(type("QuietDocument", (base,), attributes)))
        return [message for message in check_documents() if message.obj is registered[-1]]

    yield declare
    for document in registered:
        registry.unregister_document(document)


def ids(messages: list[CheckMessage]) -> list[str]:
    for message in messages:
        assert message.hint
        assert message.hint.endswith(".")
        assert message.msg.endswith(".")
    return [str(message.id).removeprefix("elasticsearch.") for message in messages]


def nothing(*args: Any, **kwargs: Any) -> Any:
    return Product.objects.none()


def own_type(self: Any, instance: Any) -> str:
    return type(instance).__name__


# A declaration that is named in `fields`, too


def test_a_declaration_is_kept(check: Check) -> None:
    declared = fields.KeywordField(attr="category.name")
    messages = check(names=("name", "price"), name=declared, price=fields.KeywordField())
    assert ids(messages) == ["W001"]
    mapping = registry.get_documents()[-1]._doc_type.mapping
    assert mapping["name"] is declared
    assert isinstance(mapping["price"], fields.KeywordField)


def test_an_inherited_declaration_is_kept(check: Check) -> None:
    class Base(Document):
        name = fields.CompletionField()

    check(base=Base, names=("name", "is_active"))
    mapping = registry.get_documents()[-1]._doc_type.mapping
    assert isinstance(mapping["name"], fields.CompletionField)
    assert isinstance(mapping["is_active"], fields.BooleanField)


def test_what_a_parent_was_given_by_its_model_is_no_declaration(check: Check) -> None:
    check(Ticket, names=("id",))
    parent = registry.get_documents()[-1]
    assert isinstance(parent._doc_type.mapping["id"], fields.KeywordField)
    check(FlatProduct, base=parent, names=("id",))
    assert isinstance(registry.get_documents()[-1]._doc_type.mapping["id"], fields.LongField)


# Hooks that nobody calls


@pytest.mark.parametrize(
    "name",
    [
        "generate_id",
        "get_indexing_queryset",
        "prepare_name_with_related",
        "to_field",
        "update",
        "index_queryset",
        "should_index",
    ],
)
@pytest.mark.parametrize("kind", [lambda f: f, classmethod, staticmethod])
def test_e040_a_hook_of_another_library(check: Check, name: str, kind: Any) -> None:
    messages = check(name=fields.TextField(), **{name: kind(nothing)})
    assert ids(messages) == ["E040"]
    assert f"a method {name}(), which is never called" in messages[0].msg


def test_e040_an_inherited_hook(check: Check) -> None:
    class Base(Document):
        @classmethod
        def generate_id(cls, instance: Product) -> str:
            return instance.name

    assert ids(check(base=Base, name=fields.TextField())) == ["E040"]


def test_a_class_that_calls_hooks_of_another_library(check: Check) -> None:
    class Calling(Document):
        supported_hooks = frozenset({"generate_id", "prepare_*_with_related"})

    hooks = {"generate_id": nothing, "prepare_name_with_related": nothing}
    assert check(base=Calling, name=fields.TextField(), **hooks) == []
    assert ids(check(base=Calling, name=fields.TextField(), to_field=nothing)) == ["E040"]
    assert Calling.supported_hooks <= FOREIGN_HOOKS.keys()


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("prepare_nmae", "prepare_name()"),
        ("prepare_colour", "Declare a field 'colour'"),
        ("get_query_set", "get_queryset()"),
        ("should_index_objects", "should_index_object()"),
        ("get_instances_from_relateds", "get_instances_from_related()"),
        ("get_instances_from_related", "related_models"),
    ],
)
def test_w010_a_method_that_is_never_called(check: Check, name: str, mend: str) -> None:
    messages = check(name=fields.TextField(), **{name: nothing})
    assert ids(messages) == ["W010"]
    assert mend in str(messages[0].hint)


def test_w010_a_method_of_an_object_within_the_document(check: Check) -> None:
    class Inner(dsl.InnerDoc):
        name = fields.TextField()

        prepare_name = own_type
        prepare_titel = own_type

    messages = check(
        category=fields.ObjectField(doc_class=Inner),
        related=(Category,),
        get_instances_from_related=lambda self, category: category.product_set.all(),
    )
    assert ids(messages) == ["W010"]
    assert "prepare_titel()" in messages[0].msg


def test_methods_that_are_called(check: Check) -> None:
    assert (
        check(
            name=fields.TextField(),
            kind=fields.KeywordField(),
            prepare_kind=own_type,
            prepare_price=own_type,
            names=("price",),
            get_queryset=nothing,
            should_index_object=nothing,
            shorten=own_type,
        )
        == []
    )


def test_w011_what_nobody_reads_in_class_index(check: Check) -> None:
    messages = check(name=fields.TextField(), index={"doc_type": "product", "settings": {}})
    assert ids(messages) == ["W011"]
    assert "'doc_type'" in messages[0].msg
    assert ids(check(name=fields.TextField(), index={"number_of_shards": 1})) == ["W011"]
    assert check(name=fields.TextField(), index={"aliases": {}, "analyzers": []}) == []


# Related models


def test_e041_related_models_that_nobody_answers_for(check: Check) -> None:
    category = fields.ObjectField(properties={"name": fields.TextField()})
    messages = check(related=(Category,), category=category)
    assert ids(messages) == ["E041"]
    assert "names guide.Category in related_models" in messages[0].msg
    messages = check(related=(Tag, Review), name=fields.TextField())
    assert ids(messages) == ["E041"]


def only_of_categories(self: Document, related_instance: Any) -> Any:
    if isinstance(related_instance, Category):
        return related_instance.product_set.all()
    return None


def only_of_reviews(self: Document, related_instance: Any) -> Any:
    if isinstance(related_instance, Review):
        return related_instance.product
    return []


@pytest.mark.parametrize(
    ("answer", "related", "unanswered"),
    [
        (only_of_categories, (Category, Tag), "guide.Tag"),
        (only_of_reviews, (Review, Tag), "guide.Tag"),
        (only_of_reviews, (Review, Board), "guide.Board"),
    ],
)
def test_w012_a_related_model_that_is_forgotten(
    check: Check, answer: Any, related: tuple[Any, ...], unanswered: str
) -> None:
    messages = check(related=related, name=fields.TextField(), get_instances_from_related=answer)
    assert ids(messages) == ["W012"]
    assert f"returns nothing for a new {unanswered}" in messages[0].msg


def test_related_models_that_are_answered_for(check: Check) -> None:
    def answer(self: Document, related_instance: Any) -> Any:
        if isinstance(related_instance, (Category, Tag)):
            return related_instance.product_set.all()
        return related_instance.product

    related = (Category, Tag, Review)
    assert check(related=related, name=fields.TextField(), get_instances_from_related=answer) == []


# Generic foreign keys


@pytest.mark.parametrize(
    "attributes",
    [
        {"about": fields.KeywordField(attr="subject.name")},
        {"subject": fields.ObjectField(properties={"name": fields.TextField()})},
    ],
)
def test_w013_a_generic_foreign_key(check: Check, attributes: dict[str, Any]) -> None:
    messages = check(Memo, **attributes)
    assert ids(messages) == ["W013"]
    assert "reads through 'subject'" in messages[0].msg
    watched = {"related": (Board,), "get_instances_from_related": of_board}
    assert check(Memo, **watched, **attributes) == []


def of_board(self: Document, related_instance: Board) -> Any:
    return related_instance.memos.all()


def test_w013_one_behind_another_relation(check: Check) -> None:
    memos = fields.NestedField(properties={"about": fields.TextField(attr="subject.name")})
    messages = check(
        Board,
        related=(Memo,),
        memos=memos,
        get_instances_from_related=lambda self, memo: Board.objects.filter(pk=memo.object_id),
    )
    assert ids(messages) == ["W013"]
    assert "QuietDocument.memos.about" in messages[0].msg


@isolate_apps("tests.guide", "django.contrib.contenttypes")
def test_w013_one_of_another_name_with_a_key_that_is_text(check: Check) -> None:
    class Mark(models.Model):
        kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)
        key = models.CharField(max_length=50)
        thing = GenericForeignKey("kind", "key")

        class Meta:
            app_label = "guide"

        def __str__(self) -> str:
            return self.key

    messages = check(Mark, text=fields.TextField(attr="thing.label.text"))
    # What the content type is called is no business of the document.
    assert ids(messages) == ["W013"]


# Fields that cannot be given their values


@pytest.mark.parametrize(
    ("field", "why"),
    [
        (fields.KeywordField(attr="tags.name"), "have no 'name'"),
        (fields.KeywordField(attr="category.product_set.name"), "have no 'name'"),
        (fields.KeywordField(attr="tags"), "leads to objects of guide.Tag"),
        (fields.KeywordField(attr="category"), "leads to objects of guide.Category"),
        (fields.ObjectField(attr="category"), "leads to objects of guide.Category"),
        (fields.ListField(fields.KeywordField(attr="reviews")), "objects of guide.Review"),
    ],
)
def test_e042_a_path_that_ends_at_objects(check: Check, field: Any, why: str) -> None:
    messages = [one for one in check(value=field) if one.id != "elasticsearch.W001"]
    assert ids(messages) == ["E042"]
    assert why in messages[0].msg
    prepared = check(value=field, prepare_value=own_type)
    assert "E042" not in ids(prepared)


@pytest.mark.parametrize(
    "field",
    [
        fields.KeywordField(attr="tags.0.name"),
        fields.KeywordField(attr="category.name"),
        fields.NestedField(attr="tags", properties={"name": fields.TextField()}),
    ],
)
def test_paths_that_end_at_values(check: Check, field: Any) -> None:
    assert {"E042", "E012"}.isdisjoint(ids(check(value=field)))


@pytest.mark.parametrize("path", ["name", "price", "category.name", "photo", "pk"])
def test_e043_a_list_field_of_one_value(check: Check, path: str) -> None:
    field = fields.ListField(fields.KeywordField(attr=path))
    found = ids([one for one in check(value=field) if one.id != "elasticsearch.W001"])
    assert found == ["E043"]


def test_list_fields_of_lists(check: Check) -> None:
    words = fields.ListField(fields.KeywordField(attr="words"))
    assert check(words=words, shout=fields.ListField(fields.TextField())) == []


@pytest.mark.parametrize("wrong", [None, fields.TextField, "name", dsl.Keyword()])
def test_a_list_field_of_no_field(wrong: Any) -> None:
    with pytest.raises(DocumentMisdeclared, match="ListField takes a field"):
        fields.ListField(wrong)


def test_e044_documents_that_need_a_routing(check: Check) -> None:
    join = dsl.Join(relations={"question": ["answer"]})
    messages = check(kind=join, prepare_kind=own_type)
    assert ids(messages) == ["E044"]
    assert "QuietDocument.kind needs a routing" in messages[0].msg
    meta = type("Meta", (), {"routing": dsl.MetaField(required=True)})
    assert ids(check(name=fields.TextField(), Meta=meta)) == ["E044"]


def test_e045_fields_with_another_name_in_the_index(check: Check) -> None:
    messages = check(name=fields.KeywordField(_es_name="title"))
    assert ids(messages) == ["E045"]
    assert "the name 'title', and attr='name'" in str(messages[0].hint)


@pytest.mark.parametrize(
    "attributes",
    [
        {"title": dsl.Alias(path="name")},
        {"kind": dsl.ConstantKeyword(value="product")},
        {"all_text": fields.TextField(), "name": fields.TextField(copy_to="all_text")},
        {"a": fields.TextField(), "name": fields.TextField(copy_to=["a"])},
    ],
)
def test_fields_of_the_mapping_alone(check: Check, attributes: dict[str, Any]) -> None:
    attributes.setdefault("name", fields.TextField())
    assert check(**attributes) == []
