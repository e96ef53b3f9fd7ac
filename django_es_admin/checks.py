"""System checks: what is wrong in settings and documents, each with an id and a hint."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import DatabaseError, router
from django.db.models import CompositePrimaryKey, Model
from elasticsearch.dsl import Object

from django_es_admin import connections

from . import conf
from .backends.configuration import node_urls, servers_of, servers_setting
from .backends.problems import find_server_problems
from .documents import Document, registry
from .documents.paths import exists, follow, path_of
from .indices.definition import IndexDefinition, get_definitions
from .indices.names import find_name_problem
from .models import OutboxEntry
from .search import SearchService
from .search.site.problems import Kind, find_problems

TAG = "elasticsearch_settings"

_SERVER_IDS = {
    "type": "E001",
    "key": "E002",
    "default": "E003",
    "index": "E004",
    "hosts": "E005",
    "color": "E006",
    "shared": "E007",
}


def _error(number: str, message: str, hint: str, obj: Any = None) -> Error:
    return Error(message, hint=hint, obj=obj, id=f"elasticsearch.{number}")


def _warning(number: str, message: str, hint: str, obj: Any = None) -> CheckMessage:
    return checks.Warning(message, hint=hint, obj=obj, id=f"elasticsearch.{number}")


@register(TAG)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check ``ES_SERVERS``, ``ES_INDICES`` and ``ES_ADMIN``."""
    servers, setting = servers_of(settings), servers_setting(settings)
    indices = getattr(settings, "ES_INDICES", {})
    messages: list[CheckMessage] = [
        _error(_SERVER_IDS[problem.kind], problem.message, problem.hint)
        for problem in find_server_problems(servers, indices, setting)
    ]
    try:
        conf.parse(getattr(settings, "ES_ADMIN", {}))
    except ImproperlyConfigured as error:
        messages.append(_error("E008", str(error), "See the settings in the documentation."))
    if not messages:
        messages += _check_engines()
    return messages


@register(TAG)
def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    """Check that no password stands where Django's error reports show it."""
    if check_settings():
        return []
    messages: list[CheckMessage] = []
    setting = servers_setting(settings)
    for alias, server in connections.servers.items():
        written = [server["HOSTS"]] if isinstance(server["HOSTS"], str) else server["HOSTS"]
        for position, (host, url) in enumerate(zip(written, node_urls(server), strict=True)):
            # A dict is made into a URL, too; what it has as http_auth is hidden.
            if isinstance(host, str) and urlsplit(str(url)).password:
                messages.append(
                    _warning(
                        "W002",
                        f"{setting}[{alias!r}] has a password in the URL of its host {position}: "
                        f"Django's error reports show settings, and hide only what is named "
                        f"as a secret.",
                        "Take user and password out of the URL, and give them as basic_auth.",
                    )
                )
    return messages


def _check_engines() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in connections:
        try:
            _ = connections[alias].client
        except ImproperlyConfigured as error:
            messages.append(_error("E009", str(error), "Correct that entry of ES_SERVERS."))
    return messages


@register(TAG)
def check_documents(**kwargs: Any) -> list[CheckMessage]:
    """Check each document against its model, and the names of all indices."""
    if check_settings():
        # Without good settings no document has a connection; those messages come first.
        return []
    messages: list[CheckMessage] = []
    for document in registry.get_documents():
        messages += _check_connection(document)
        messages += _check_fields(document)
        if not document.django.ignore_signals:
            messages += _check_outbox(document)
            messages += _check_related_models(document)
    if not any(message.id == "elasticsearch.E010" for message in messages):
        definitions = get_definitions()
        messages += _check_names(definitions)
        messages += _check_claims(definitions)
    return messages


def _check_connection(document: type[Document]) -> Iterator[CheckMessage]:
    if document.django.using not in connections:
        yield _error(
            "E010",
            f"{document.__name__} uses the connection {document.django.using!r}, "
            f"which ES_SERVERS does not have.",
            f"Add it to ES_SERVERS, or name one of {', '.join(connections)} in class Index.",
            document,
        )


def _check_fields(document: type[Document]) -> Iterator[CheckMessage]:
    model = document.django.model
    if isinstance(model._meta.pk, CompositePrimaryKey):
        yield _error(
            "E017",
            f"{document.__name__} is of {model.__name__}, whose primary key is composite: "
            f"no _id of Elasticsearch could be read back as that key.",
            "Give the model a primary key of one column, and the others a UniqueConstraint.",
            document,
        )
    for name in document.django.missing_fields:
        yield _error(
            "E011",
            f"{document.__name__}.Django.fields names {name!r}, "
            f"which {model.__name__} does not have as a field of a known type.",
            "Correct the name, or declare that field of the document yourself.",
            document,
        )
    for field, path, holder in _missing_paths(model, document, document._doc_type.mapping):
        prepare = f"prepare_{field.rpartition('.')[2]}"
        yield _error(
            "E012",
            f"{document.__name__}.{field} reads {'.'.join(path)!r}, "
            f"which {holder.__name__} does not have.",
            f"Correct attr=, or add a method {prepare}(self, instance).",
            document,
        )


def _check_outbox(document: type[Document]) -> Iterator[CheckMessage]:
    model = document.django.model
    database = router.db_for_write(model)
    if not router.allow_migrate_model(database, OutboxEntry):
        yield _error(
            "E015",
            f"{model.__name__} is written to the database {database!r}, where a router does not "
            f"allow the tables of this app: its changes could not be captured with it.",
            f"Let allow_migrate() of the router say True for 'elasticsearch' on {database!r}.",
            document,
        )


def _check_related_models(document: type[Document]) -> Iterator[CheckMessage]:
    try:
        related = document.django.reads.related
    except (AttributeError, DatabaseError, FieldError):
        # The queryset cannot be made; whoever uses it gets to know.
        return
    known = [model._meta.concrete_model for model in document.django.related_models]
    for model in sorted(related, key=lambda model: model._meta.label):
        if model._meta.concrete_model not in known:
            yield _warning(
                "W001",
                f"{document.__name__} reads {model._meta.label}, which its related_models "
                f"do not name: changes of it do not reach the index.",
                f"Add {model.__name__} to related_models, and give its objects in "
                f"get_instances_from_related().",
                document,
            )


def _missing_paths(
    model: type[Model], document: type[Document], mapping: Any
) -> Iterator[tuple[str, tuple[str, ...], type[Model]]]:
    """Yield each field that reads what its model lacks: it would be null in every document."""
    annotations = _annotations(document)
    for name in mapping:
        path = path_of(name, mapping[name])
        if not (hasattr(document, f"prepare_{name}") or path[0] in annotations):
            yield from _missing_in(model, name, path, mapping[name])


def _missing_in(
    model: type[Model], name: str, path: tuple[str, ...], field: Any
) -> Iterator[tuple[str, tuple[str, ...], type[Model]]]:
    if not exists(model, path):
        yield name, path, model
        return
    related = follow(model, path)
    if related is None or not isinstance(field, Object):
        return
    for inner in field._mapping:
        if not hasattr(field._doc_class, f"prepare_{inner}"):
            definition = field._mapping[inner]
            yield from _missing_in(
                related, f"{name}.{inner}", path_of(inner, definition), definition
            )


def _annotations(document: type[Document]) -> set[str]:
    try:
        return set(document().get_queryset().query.annotations)
    except (AttributeError, DatabaseError):
        return set()


def _check_names(definitions: list[IndexDefinition]) -> Iterator[CheckMessage]:
    for definition in definitions:
        for name in (definition.alias, *definition.aliases):
            problem = find_name_problem(name)
            if problem:
                yield _error(
                    "E013",
                    f"Elasticsearch would refuse an index or alias named {name!r}: {problem}.",
                    "Use lower-case letters, digits, '-' and '_', beginning with a letter.",
                    definition.document,
                )


def _check_claims(definitions: list[IndexDefinition]) -> Iterator[CheckMessage]:
    owners: list[IndexDefinition] = []
    for definition in definitions:
        other = _owner(owners, definition, definition.alias)
        if other is None:
            owners.append(definition)
            continue
        yield _claim(other, definition, definition.alias)
        if other.database != definition.database:
            yield _error(
                "E016",
                f"The index {definition.alias!r} is made from two databases, "
                f"{other.database!r} and {definition.database!r}: their versions of a "
                f"document cannot be compared.",
                "Make an index from one database, or give each database an index of its own.",
                definition.document,
            )
    for definition in definitions:
        # Several indices may share a further alias, but none may take the name of another index.
        for alias in definition.aliases:
            owner = _owner(owners, definition, alias)
            if owner:
                yield _claim(owner, definition, alias)


def _owner(
    owners: Iterable[IndexDefinition], definition: IndexDefinition, name: str
) -> IndexDefinition | None:
    """Return whose index ``name`` is where ``definition`` lives."""
    for owner in owners:
        if owner.alias == name and (
            owner.using == definition.using
            or owner.connection.shares_cluster(definition.connection)
        ):
            return owner
    return None


def _claim(one: IndexDefinition, other: IndexDefinition, alias: str) -> CheckMessage:
    names = [d.document.__name__ if d.document else f"ES_INDICES[{d.name!r}]" for d in (one, other)]
    where = f"on the connection {one.using!r}"
    if one.using != other.using:
        where = f"on the connections {one.using!r} and {other.using!r}, which are of one cluster"
    return _error(
        "E014",
        f"{names[0]} and {names[1]} both claim the name {alias!r} {where}.",
        "Give each its own name in class Index, or its own NAME and ALIASES in ES_INDICES.",
        other.document,
    )


_SERVICE_IDS: Mapping[Kind, str] = {"document": "E030", "field": "E031", "option": "E032"}


# Among those of URLs: it imports them, which a command of ours must not depend on.
@register(Tags.urls)
def check_services(**kwargs: Any) -> list[CheckMessage]:
    """Check the search services of the installed apps, as far as the project's URLs use them."""
    if getattr(settings, "ROOT_URLCONF", None):
        # Nothing else knows in which modules they are.
        import_module(settings.ROOT_URLCONF)
    return [
        _error(
            _SERVICE_IDS[problem.kind],
            f"{service.__name__}.{problem.message}",
            problem.hint,
            service,
        )
        for service in _services(SearchService)
        for problem in find_problems(service)
    ]


def _services(base: type[SearchService]) -> Iterator[type[SearchService]]:
    """Yield those that a project declares; one without a document is there to be subclassed."""
    for service in base.__subclasses__():
        own = apps.get_containing_app_config(service.__module__)
        if own is not None and own.label != "elasticsearch" and hasattr(service, "document"):
            yield service
        yield from _services(service)
