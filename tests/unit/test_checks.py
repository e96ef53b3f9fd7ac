"""Each system check reports its problem and how to fix it, and nothing else."""

import re
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.core import checks
from django.core.checks import CheckMessage
from django.db import ProgrammingError, models
from django.db.models import Count, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber
from django.test.utils import isolate_apps
from django.views.debug import get_default_exception_reporter_filter
from shop.search import ProductSearchService
from shop.views import AutocompleteView

import django_es_admin.checks
from django_es_admin import connections
from django_es_admin.backends.reporting import ReporterFilter
from django_es_admin.checks import (
    TAG,
    check_documents,
    check_leftovers,
    check_passwords,
    check_prefixes,
    check_services,
    check_settings,
)
from django_es_admin.documents import Document, fields, registry
from django_es_admin.documents.described.places import ANYTHING, Places, Shape
from django_es_admin.indices.definition import definition_of
from tests.guide.models import Category, FlatProduct, LoudProduct, Product, Review, Tag

FILTER = "django_es_admin.backends.reporting.ReporterFilter"
GOOD_SERVER = {"HOSTS": ["http://localhost:9200"], "INDICES": ["products"]}


@pytest.fixture(autouse=True)
def good_settings(settings: Any) -> None:
    settings.ES_SERVERS = {"default": GOOD_SERVER}
    settings.ES_INDICES = {"products": {}}
    settings.ES_ADMIN = {}


def with_products(self: Document, related_instance: models.Model) -> Any:
    return Product.objects.filter(pk=related_instance.pk)


@pytest.fixture
def register() -> Iterator[Any]:
    """Registers a document class of the model, and forgets it after the test."""
    registered: list[type[Document]] = []

    def add(model: Any = Product, index: Any = None, **attributes: Any) -> type[Document]:
        django = {
            "model": model,
            "related_models": [Category, Tag, Review],
            **attributes.pop("django", {}),
        }
        if django["related_models"]:
            attributes.setdefault("get_instances_from_related", with_products)
        attributes["Django"] = type("Django", (), django)
        attributes["Index"] = type("Index", (), {"name": "memos", **(index or {})})
        registered.append(registry.register_document(type("NoteDocument", (Document,), attributes)))
        return registered[-1]

    yield add
    for document in registered:
        registry.unregister_document(document)


def found(messages: list[CheckMessage]) -> list[str]:
    """Return the messages' ids; each must have a hint, and a text that ends as a sentence does."""
    for message in messages:
        assert message.hint
        assert message.msg.endswith(".")
    return [str(message.id).removeprefix("elasticsearch.") for message in messages]


def messages_of(messages: list[CheckMessage]) -> str:
    return "\n".join(message.msg for message in messages)


def server(**keys: Any) -> dict[str, Any]:
    return {"ES_SERVERS": {"default": {**GOOD_SERVER, **keys}}}


def index(**keys: Any) -> dict[str, Any]:
    return {"ES_INDICES": {"products": keys}}


# Id -> settings for which it fires, and nothing else does.
BAD_SETTINGS: dict[str, list[dict[str, Any]]] = {
    "E001": [
        {"ES_SERVERS": []},
        {"ES_SERVERS": None},
        {"ES_INDICES": ["products"], "ES_SERVERS": {"default": {}}},
        {"ES_SERVERS": {"default": {}, "other": "http://localhost:9200"}},
        {"ES_SERVERS": {"default": {}, 7: {}}},
        server(HOSTS=5),
        server(HOSTS=None),
        server(ENGINE=None),
        server(READONLY="no"),
        server(READONLY=1),
        server(PARAMS=[("request_timeout", 5)]),
        server(PARAMS={1: 2}),
        server(INDEX_PREFIX=None),
        server(TEST=[]),
        {"ES_INDICES": {"products": None}},
        index(NAME=5),
        index(ALIASES="all"),
        index(ALIASES=[5]),
        index(ALIASES={"all": "filter"}),
        index(SETTINGS=[]),
        index(SETTINGS={"number_of_shards": object}),
        index(SETTINGS={"analysis": {1: {}}}),
        index(TESTS=[]),
    ],
    "E002": [server(HOST=["http://localhost"]), server(index_prefix="x"), index(MAPPING={})],
    "E003": [{"ES_SERVERS": {"main": GOOD_SERVER}}],
    "E004": [server(INDICES=["other"]), server(INDICES=[["products"]]), server(INDICES=[None])],
    "E019": [
        server(INDEX_PREFIX="*"),
        server(INDEX_PREFIX="_"),
        server(INDEX_PREFIX="-shop-"),
        server(INDEX_PREFIX="shop-,"),
        server(INDEX_PREFIX="<shop-"),
        server(INDEX_PREFIX="far:"),
        server(TEST={"INDEX_PREFIX": "*"}),
    ],
    "E005": [
        server(HOSTS=[{"host": "user:secret@es"}]),
        server(HOSTS=[{"host": "es/path"}]),
        server(TEST={"HOSTS": [{"host": "user:secret@es"}]}),
        server(HOSTS=""),
        server(HOSTS=[5]),
        server(HOSTS=["ftp://localhost"]),
        server(HOSTS=["http://"]),
        server(HOSTS=["http://localhost:99999"]),
        server(HOSTS=["local host"]),
        server(HOSTS=["["]),
        server(HOSTS=[{}]),
        server(HOSTS=[{"host": 5}]),
        server(HOSTS=[{"host": "localhost", "port": "9200"}]),
        server(HOSTS=[{"host": "localhost", "port": 0}]),
        server(HOSTS=[{"host": "localhost", "scheme": "ftp"}]),
    ],
    "E006": [server(COLOR="pink")],
    "E007": [
        {"ES_INDICES": {"products": {}, "goods": {"NAME": "products"}}},
        {"ES_INDICES": {"products": {"NAME": "x"}, "goods": {"NAME": "x"}}},
    ],
    "E050": [
        {"ES_INDICES": {"products": {"SETTINGS": {"settings": {"number_of_replicas": 1}}}}},
        {"ES_INDICES": {"products": {"SETTINGS": {"mappings": {}}}}},
        {"ES_INDICES": {"products": {"TEST": {"SETTINGS": {"aliases": {}}}}}},
    ],
    "E008": [
        {"ES_ADMIN": []},
        {"ES_ADMIN": {"PAGE_TIMEOUTS": 1}},
        {"ES_ADMIN": {"PAGE_TIMEOUT": "1"}},
    ],
    "E009": [
        server(ENGINE="django_es_admin.nowhere.Backend"),
        server(ENGINE="django.test.TestCase"),
        server(PARAMS={"colour": "red"}),
        server(PARAMS={"basic_auth": 5}),
        server(PARAMS={"cloud_id": "nonsense"}),
    ],
}


@pytest.mark.parametrize(
    ("number", "bad"),
    [(number, bad) for number, every in BAD_SETTINGS.items() for bad in every],
)
def test_bad_settings(settings: Any, number: str, bad: dict[str, Any]) -> None:
    for name, value in bad.items():
        setattr(settings, name, value)
    assert found(check_settings()) == [number]
    # Documents cannot be judged without good settings.
    assert check_documents() == []


def test_several_problems_are_all_told(settings: Any) -> None:
    settings.ES_SERVERS = {"default": {"HOST": "x", "COLOR": "pink", "READONLY": "yes"}}
    settings.ES_ADMIN = {"NOPE": 1}
    assert sorted(found(check_settings())) == ["E001", "E002", "E006", "E008"]


@pytest.mark.parametrize(
    "hosts",
    [
        ["ftp://user:secret@localhost"],
        ["http://user:secret@local host"],
        ["user:secret@h:99999"],
        [{"host": "user:secret@es"}],
        [{"host": "http://user:secret@es"}],
    ],
)
def test_a_bad_host_is_named_without_its_password(settings: Any, hosts: list[Any]) -> None:
    settings.ES_SERVERS = {"default": {"HOSTS": hosts}}
    (message,) = check_settings()
    assert "ES_SERVERS['default']['HOSTS'][0]" in message.msg
    assert "secret" not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize("host", ["https://user:secret@es.example.com", "user:secret@h:9200"])
def test_w002_a_password_that_error_reports_would_show(settings: Any, host: str) -> None:
    settings.ES_SERVERS = {"default": {"HOSTS": ["http://a:9200", host]}}
    assert found(check_passwords()) == ["W002"]
    (message,) = check_passwords()
    assert "ES_SERVERS['default']['HOSTS'][1] has a password in a URL" in message.msg
    assert "secret@" not in f"{message.msg} {message.hint}"
    assert check_settings() == []
    settings.ES_SERVERS = {"default": {"HOSTS": host, "COLOR": "pink"}}
    assert check_passwords() == []


def test_w002_passwords_that_error_reports_hide(settings: Any) -> None:
    hosts = ["http://a:9200", {"host": "b", "http_auth": ("user", "secret")}]
    settings.ES_SERVERS = {"default": {"HOSTS": hosts, "PARAMS": {"basic_auth": ("u", "p")}}}
    assert check_passwords() == []


SHOWN: dict[str, dict[str, Any]] = {
    "['HOSTS'][0]": {"HOSTS": "https://user:secret%2F@es"},
    "['PARAMS']['headers']['X-Gateway']": {"PARAMS": {"headers": {"X-Gateway": "secret"}}},
    "['TEST']['HOSTS'][0]": {"TEST": {"HOSTS": ["http://user:secret@es"]}},
    "['TEST']['PARAMS']['headers']['X-Gateway']": {
        "TEST": {"PARAMS": {"headers": {"X-Gateway": "secret"}}}
    },
}


@pytest.mark.parametrize("place", SHOWN)
def test_w002_wherever_it_stands(settings: Any, place: str) -> None:
    settings.ES_SERVERS = {"default": {}, "other": SHOWN[place]}
    (message,) = check_passwords()
    assert message.id == "elasticsearch.W002"
    assert message.msg.startswith(f"ES_SERVERS['other']{place} has a ")
    assert "secret@" not in f"{message.msg} {message.hint}"
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = FILTER
    get_default_exception_reporter_filter.cache_clear()
    try:
        assert check_passwords() == []
    finally:
        get_default_exception_reporter_filter.cache_clear()


def test_w002_in_settings_of_django_elasticsearch_dsl(settings: Any) -> None:
    settings.ES_SERVERS = {}
    settings.ELASTICSEARCH_DSL = {"default": {"hosts": "http://u:secret@es:9200"}}
    (message,) = check_passwords()
    assert message.msg.startswith("ELASTICSEARCH_DSL['default']['HOSTS'][0] has a password")


def test_the_filter_of_reports_shows_no_credential(settings: Any) -> None:
    shown = ReporterFilter()
    servers = {"default": {"HOSTS": ["http://u:pw@es"], "LABEL": "Shop", "TEST": {"HOSTS": "x"}}}
    assert shown.cleanse_setting("ES_SERVERS", servers) == {
        "default": {"HOSTS": "*" * 20, "LABEL": "Shop", "TEST": "*" * 20}
    }
    for odd in (["http://u:pw@es"], "http://u:pw@es", {"default": "http://u:pw@es"}):
        assert "pw" not in repr(shown.cleanse_setting("ELASTICSEARCH_DSL", odd))
    assert shown.cleanse_setting("ES_SERVERS", {}) == {}
    assert shown.cleanse_setting("DEBUG", True) is True


@pytest.mark.parametrize("prefix", ["shop", "shop-1", "shop-ä"])
def test_w003_a_prefix_without_a_separator(settings: Any, prefix: str) -> None:
    settings.ES_SERVERS = {"default": {"INDEX_PREFIX": prefix}}
    (message,) = check_prefixes()
    assert message.id == "elasticsearch.W003"
    assert message.hint == f"End it with a separator: '{prefix}-'."
    settings.ES_SERVERS = {"default": {"INDEX_PREFIX": f"{prefix}-", "TEST": {"INDEX_PREFIX": "t"}}}
    (message,) = check_prefixes()
    assert "ES_SERVERS['default']['TEST'] has the INDEX_PREFIX 't'" in message.msg
    for good in ("", f"{prefix}_", f"{prefix}."):
        settings.ES_SERVERS = {"default": {"INDEX_PREFIX": good}}
        assert check_prefixes() == []


GOOD_SETTINGS: list[dict[str, Any]] = [
    {},
    {"ES_SERVERS": {}, "ES_INDICES": {}},
    {"ES_SERVERS": {"default": {}}, "ES_INDICES": {}},
    server(HOSTS="localhost"),
    server(HOSTS=("localhost:9201", "https://user:pw@es.example.com:443/path")),
    server(HOSTS=[{"host": "localhost"}, {"host": "h", "port": 9201, "use_ssl": True}]),
    server(HOSTS=["http://[::1]:9200"]),
    server(COLOR="red", LABEL="Production", READONLY=True, INDEX_PREFIX="shop-", TEST={}),
    server(PARAMS={"timeout": 3, "http_auth": ("user", "pw"), "maxsize": 4}),
    index(NAME=None, SETTINGS=None, ALIASES=["all", "some"]),
    index(ALIASES={"cheap": {"filter": {"term": {"price": 1}}}, "all": None}),
    index(SETTINGS={"number_of_shards": 1, "analysis": {"analyzer": {"a": {"type": "custom"}}}}),
    {"ES_ADMIN": {"PAGE_TIMEOUT": 2, "BULK_MAX_DOCUMENTS": 5}},
]


@pytest.mark.parametrize("good", GOOD_SETTINGS)
def test_good_settings(settings: Any, good: dict[str, Any]) -> None:
    for name, value in good.items():
        setattr(settings, name, value)
    assert check_settings() == []
    assert check_documents() == []
    for connection in connections.all():
        assert connection.client


def test_no_settings_at_all(settings: Any) -> None:
    del settings.ES_SERVERS
    del settings.ES_INDICES
    del settings.ES_ADMIN
    assert check_settings() == check_documents() == []
    assert list(connections) == ["default"]


def test_the_documents_of_the_project_are_good() -> None:
    assert len(registry.get_documents()) >= 3
    assert check_documents() == []


def test_e010_a_connection_that_there_is_not(register: Any) -> None:
    register(index={"using": "archive"})
    (message,) = check_documents()
    assert found([message]) == ["E010"]
    assert "NoteDocument uses the connection 'archive'" in message.msg
    assert "name one of default" in str(message.hint)


@pytest.mark.parametrize("name", ["nme", "reviews", "pk"])
def test_e011_a_field_that_the_model_lacks(register: Any, name: str) -> None:
    register(django={"fields": ["name", name]})
    messages = check_documents()
    assert found(messages) == ["E011"]
    assert f"NoteDocument.Django.fields names '{name}', which Product" in messages_of(messages)


@pytest.mark.parametrize(
    ("attributes", "read"),
    [
        ({"titel": fields.TextField()}, "NoteDocument.titel reads 'titel', which Product"),
        ({"title": fields.TextField(attr="nme")}, "NoteDocument.title reads 'nme', which Product"),
        (
            {"title": fields.TextField(attr="category.nme")},
            "NoteDocument.title reads 'category.nme', which Product",
        ),
        (
            {"category": fields.ObjectField(properties={"nme": fields.TextField()})},
            "NoteDocument.category.nme reads 'nme', which Category",
        ),
        (
            {"tags": fields.NestedField(properties={"t": fields.TextField(attr="nme")})},
            "NoteDocument.tags.t reads 'nme', which Tag",
        ),
        (
            {
                "category": fields.ObjectField(
                    properties={
                        "parent": fields.ObjectField(properties={"nme": fields.TextField()})
                    }
                )
            },
            "NoteDocument.category.parent.nme reads 'nme', which Category",
        ),
        (
            {"kind": fields.ObjectField(attr="category", properties={"x": fields.TextField()})},
            "NoteDocument.kind.x reads 'x', which Category",
        ),
    ],
)
def test_e012_a_path_that_leads_nowhere(
    register: Any, attributes: dict[str, Any], read: str
) -> None:
    register(**attributes)
    messages = check_documents()
    assert found(messages) == ["E012"]
    assert messages[0].msg == f"{read} does not have."


def with_count(self: Document) -> QuerySet[Any]:
    return Product.objects.annotate(reviewed=Count("reviews"))


@pytest.mark.parametrize(
    "attributes",
    [
        {"name": fields.TextField(), "shout": fields.TextField(), "words": fields.TextField()},
        {"category": fields.KeywordField(attr="category.parent.name")},
        {"category_id": fields.IntegerField(), "pk": fields.IntegerField()},
        {"number": fields.IntegerField(), "prepare_number": lambda self, instance: 1},
        {"reviewed": fields.IntegerField(), "get_queryset": with_count},
        {
            "category": fields.ObjectField(properties={"any": fields.TextField()}),
            "prepare_category": lambda self, instance: {"any": "thing"},
        },
        {"shout": fields.ObjectField(properties={"behind": fields.TextField()})},
        {"reviews": fields.NestedField(properties={"stars": fields.IntegerField()})},
    ],
)
def test_paths_that_may_lead_somewhere(register: Any, attributes: dict[str, Any]) -> None:
    register(**attributes)
    assert check_documents() == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Notes", "capital letters"),
        ("_notes", "begins with '_'"),
        ("no tes", "contains ' '"),
        ("no/tes", "contains '/'"),
        ("n" * 240, "longer than"),
    ],
)
def test_e013_a_name_that_elasticsearch_refuses(register: Any, name: str, why: str) -> None:
    register(index={"name": name})
    messages = check_documents()
    assert found(messages) == ["E013"]
    assert why in messages[0].msg


@pytest.mark.parametrize(
    "bad",
    [index(NAME="Products"), index(ALIASES=["All"]), server(INDEX_PREFIX="Shop-")],
)
def test_e013_in_settings(settings: Any, bad: dict[str, Any]) -> None:
    for name, value in bad.items():
        setattr(settings, name, value)
    assert set(found(check_documents())) == {"E013"}


def test_e014_two_documents_of_one_index(register: Any) -> None:
    register(name=fields.TextField())
    register(Category, name=fields.TextField())
    messages = check_documents()
    assert found(messages) == ["E014"]
    assert "NoteDocument and NoteDocument both claim the name 'memos'" in messages[0].msg


class Lettered(Places):
    """Keys that begin with a letter."""

    def __init__(self, document: Any, letter: str) -> None:
        super().__init__(document)
        self.letter = letter

    @property
    def shape(self) -> Shape:
        return Shape(self.letter, ANYTHING, "")


def share(letters: str, *documents: Any) -> list[str]:
    """Return what is said of classes that share their index, with ids of these letters."""
    for letter, document in zip(letters, documents, strict=True):
        document.may_share_index = True
        document.django.__dict__["places"] = Lettered(document, letter)
    definition_of.cache_clear()
    return found(check_documents())


def test_e063_ids_that_may_meet(register: Any) -> None:
    documents = [register(name=fields.TextField()), register(Category, name=fields.TextField())]
    assert share("aa", *documents) == ["E063"]
    assert share("ab", *documents) == []


def test_e063_two_documents_of_one_model(register: Any) -> None:
    documents = [register(name=fields.TextField()) for _ in range(2)]
    assert share("ab", *documents) == ["E063"]


def test_e064_a_field_that_is_declared_in_two_ways(register: Any) -> None:
    documents = [register(name=fields.TextField()), register(Category, name=fields.KeywordField())]
    assert share("ab", *documents) == ["E064"]


def test_e014_a_document_and_settings(register: Any, settings: Any) -> None:
    settings.ES_INDICES = {"products": {}, "goods": {"NAME": "memos"}}
    settings.ES_SERVERS = {"default": {"INDICES": ["products", "goods"]}}
    register()
    messages = check_documents()
    assert found(messages) == ["E014"]
    assert "ES_INDICES['goods'] and NoteDocument both claim the name 'memos'" in messages[0].msg


def test_e014_an_alias_that_is_another_index(settings: Any) -> None:
    settings.ES_INDICES = {"products": {}, "a": {"ALIASES": ["products"]}, "b": {"ALIASES": ["b"]}}
    settings.ES_SERVERS = {"default": {"INDICES": ["products", "a", "b"]}}
    messages = check_documents()
    assert found(messages) == ["E014", "E014"]
    assert "claim the name 'products'" in messages[0].msg
    assert "claim the name 'b'" in messages[1].msg


def test_one_name_on_two_connections_is_no_claim(register: Any, settings: Any) -> None:
    settings.ES_SERVERS = {"default": GOOD_SERVER, "archive": {"HOSTS": ["http://archive:9200"]}}
    register(FlatProduct)
    register(FlatProduct, index={"using": "archive"})
    assert check_documents() == []
    settings.ES_SERVERS = {"default": GOOD_SERVER, "archive": {"INDEX_PREFIX": "archive-"}}
    assert check_documents() == []


def test_e014_one_name_on_two_connections_to_one_cluster(register: Any, settings: Any) -> None:
    settings.ES_SERVERS = {"default": GOOD_SERVER, "archive": {}}
    register(FlatProduct)
    register(FlatProduct, index={"using": "archive"})
    messages = check_documents()
    assert found(messages) == ["E014"]
    assert "on the connections 'archive' and 'default', which share a" in messages[0].msg


def test_an_index_that_several_connections_to_one_cluster_use(settings: Any) -> None:
    settings.ES_SERVERS = {"default": GOOD_SERVER, "products": {"INDICES": ["products"]}}
    assert check_documents() == []


def test_indices_may_share_a_further_alias(settings: Any) -> None:
    settings.ES_INDICES = {"products": {}, "a": {"ALIASES": ["all"]}, "b": {"ALIASES": ["all"]}}
    settings.ES_SERVERS = {"default": {"INDICES": ["products", "a", "b"]}}
    assert check_documents() == []


def test_a_queryset_that_asks_a_database_without_tables_is_not_the_checks_business(
    register: Any,
) -> None:
    def get_queryset(self: Document) -> Any:
        raise ProgrammingError

    register(name=fields.TextField(), get_queryset=get_queryset)
    assert check_documents() == []


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: None, "returns None"),
        (list, "returns a value of type list"),
        (lambda: iter(()), "returns a value of type tuple_iterator"),
        (lambda: Product.objects.raw("SELECT 1"), "returns a value of type RawQuerySet"),
        (lambda: Product.objects.all().union(Product.objects.all()), "returns the union"),
        (
            lambda: Product.objects.all().difference(Product.objects.all()),
            "returns the difference of querysets",
        ),
        (lambda: Product.objects.all()[:9], "returns a slice of a queryset"),
        (lambda: Product.objects.values("pk", "name"), "returns rows instead of objects"),
        (lambda: Product.objects.values_list("pk", flat=True), "returns rows instead of objects"),
        (lambda: Product.objects.dates("name", "year"), "fails: TypeError"),
        (Category.objects.all, "returns objects of guide.Category"),
        (lambda: Product.objects.distinct("name"), "returns one object for each value of a col"),
        (
            lambda: Product.objects.annotate(row=Window(RowNumber(), order_by="name")),
            "returns an annotation over other rows (a window)",
        ),
        (lambda: Product.objects.filter(nothing=1), "fails: FieldError"),
        (lambda: Product.objects.all() | Tag.objects.all(), "fails: TypeError"),
    ],
)
def test_e018_a_queryset_that_cannot_be_used(register: Any, make: Any, reason: str) -> None:
    register(name=fields.TextField(), get_queryset=lambda self: make())
    [message] = check_documents()
    assert found([message]) == ["E018"]
    assert message.msg.startswith(f"NoteDocument.get_queryset() {reason}")


@pytest.mark.parametrize(
    "make",
    [
        lambda: Product.objects,
        Product.objects.none,
        LoudProduct.objects.all,
        lambda: Product.objects.filter(tags__name="a").distinct(),
        lambda: Product.objects.distinct("pk"),
        lambda: Product.objects.annotate(number=Count("reviews")).order_by("number"),
        lambda: Product.objects.select_related("category").prefetch_related("tags").only("name"),
        lambda: Product.objects.all() | Product.objects.filter(name="a"),
    ],
)
def test_querysets_that_can_be_used(register: Any, make: Any) -> None:
    register(name=fields.TextField(), get_queryset=lambda self: make())
    assert check_documents() == []


def test_a_list_that_is_prefetched_to_an_attribute(register: Any) -> None:
    def get_queryset(self: Document) -> Any:
        return Product.objects.prefetch_related(Prefetch("tags", to_attr="all_tags"))

    tags = fields.NestedField(attr="all_tags", properties={"name": fields.KeywordField()})
    register(tags=tags, get_queryset=get_queryset)
    assert check_documents() == []


class OutboxElsewhere:
    """A router that has the tables of this app nowhere."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if app_label == "elasticsearch" else None


def test_e015_a_router_that_keeps_the_outbox_away(register: Any, settings: Any) -> None:
    register(name=fields.TextField())
    assert "E015" not in found(check_documents())
    settings.DATABASE_ROUTERS = [OutboxElsewhere()]
    assert "E015" in found(check_documents())


class ByModel:
    """A router that has the flat products in a database of their own."""

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return "other" if model is FlatProduct else "default"


def test_e016_an_index_of_two_databases(register: Any, settings: Any) -> None:
    register(Product, name=fields.TextField())
    register(FlatProduct, name=fields.TextField())
    assert "E016" not in found(check_documents())
    settings.DATABASE_ROUTERS = [ByModel()]
    assert "E016" in found(check_documents())


@isolate_apps("tests.guide")
def test_e017_a_composite_key(register: Any) -> None:
    class Seat(models.Model):
        pk = models.CompositePrimaryKey("row", "number")
        row = models.IntegerField()
        number = models.IntegerField()

        class Meta:
            app_label = "guide"

        def __str__(self) -> str:
            return f"{self.row}/{self.number}"

    register(Seat, row=fields.IntegerField())
    assert found(check_documents()) == ["E017"]


def test_w001_a_relation_that_related_models_do_not_name(register: Any) -> None:
    category = fields.ObjectField(properties={"name": fields.TextField()})
    register(category=category)
    assert found(check_documents()) == []
    register(category=category, index={"name": "others"}, django={"related_models": [Tag]})
    assert found(check_documents()) == ["W001"]
    assert "reads guide.Category" in messages_of(check_documents())


def test_the_checks_are_registered(settings: Any) -> None:
    settings.ES_SERVERS = {"default": {"COLOR": "pink"}}
    assert found(checks.run_checks(tags=[TAG])) == ["E006"]
    assert "elasticsearch.E006" in [message.id for message in checks.run_checks()]


@pytest.mark.parametrize(
    ("attribute", "value", "number"),
    [("document", dict, "E030"), ("fields", ("nmae",), "E031"), ("operator", "xor", "E032")],
)
def test_e030_and_e031_and_e032_search_services(
    monkeypatch: pytest.MonkeyPatch, attribute: str, value: Any, number: str
) -> None:
    assert check_services() == []
    monkeypatch.setattr(ProductSearchService, attribute, value)
    messages = check_services()
    # One that inherits it is as wrong.
    assert {message.obj.__name__ for message in messages} == {
        "ProductSearchService",
        "FacetedSearchService",
    }
    assert {message.id for message in messages} == {f"elasticsearch.{number}"}
    assert all(message.hint for message in messages)
    assert messages == [
        message
        for message in checks.run_checks(tags=[checks.Tags.urls])
        if message.id.startswith("elasticsearch.")
    ]
    assert checks.run_checks(tags=[TAG]) == []


def test_each_id_of_the_module_is_tested_here() -> None:
    modules = Path(django_es_admin.checks.__file__).parent.glob("*.py")
    source = "".join(module.read_text() for module in modules)
    ids = set(re.findall(r'"([EW]\d{3})"', source))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_checks*.py"))
    tested = set(BAD_SETTINGS) | {
        number.upper()
        for name in re.findall(r"def (test_[ew]\d{3}_\w+)", tests)
        for number in re.findall(r"[ew]\d{3}", name)
    }
    assert ids == tested


def test_e033_a_view_of_suggestions_whose_service_has_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ProductSearchService, "suggest_field", "")
    messages = check_services()
    assert found(messages) == ["E033", "E033"]
    assert {message.obj.__name__ for message in messages} == {
        "AutocompleteView",
        "AutocompleteAPIView",
    }
    assert "FacetedSearchService, which has no suggest_field" in messages_of(messages)


def test_e033_is_not_about_views_and_services_that_answer_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ProductSearchService, "suggest_field", "")
    monkeypatch.setattr(AutocompleteView, "answer", lambda self, request: {})
    assert {message.obj.__name__ for message in check_services()} == {"AutocompleteAPIView"}
    monkeypatch.setattr(ProductSearchService, "autocomplete", lambda self, prefix, size: [])
    assert check_services() == []


def test_w050_the_runner_of_djangoes(settings: Any) -> None:
    assert check_leftovers() == []
    settings.TEST_RUNNER = "djangoes.test.runner.DiscoverRunner"
    [message] = check_leftovers()
    assert message.id == "elasticsearch.W050"
    assert "django_es_admin.test.runner.DiscoverRunner" in message.hint


@pytest.mark.parametrize(
    ("name", "app", "library"),
    [
        ("HAYSTACK_CONNECTIONS", "haystack", "django-haystack"),
        ("HAYSTACK_SIGNAL_PROCESSOR", "haystack", "django-haystack"),
        ("MODELSEARCH_BACKENDS", "modelsearch", "modelsearch"),
        ("WAGTAILSEARCH_BACKENDS", "wagtail.search", "Wagtail's search"),
    ],
)
def test_w051_settings_of_a_library_that_is_gone(
    settings: Any, monkeypatch: pytest.MonkeyPatch, name: str, app: str, library: str
) -> None:
    setattr(settings, name, {})
    [message] = check_leftovers()
    assert message.id == "elasticsearch.W051"
    assert f"{name} is of {library}, which is not installed" in message.msg

    # It has an effect as long as its library is there.
    monkeypatch.setattr(apps, "is_installed", lambda named: named == app)
    assert check_leftovers() == []


def test_w052_indexes_of_haystack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "app_of_haystack"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    config = AppConfig("app_of_haystack", import_module("app_of_haystack"))
    monkeypatch.setattr(apps, "get_app_configs", lambda: [config])
    assert check_leftovers() == []

    (package / "search_indexes.py").touch()
    invalidate_caches()
    [message] = check_leftovers()
    assert message.id == "elasticsearch.W052"
    assert "app_of_haystack.search_indexes belongs to django-haystack" in message.msg

    monkeypatch.setattr(apps, "is_installed", lambda named: named == "haystack")
    assert check_leftovers() == []
