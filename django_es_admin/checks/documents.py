"""Check documents against their models."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, register
from django.db import InterfaceError, OperationalError, ProgrammingError, router
from django.db.models import CompositePrimaryKey, Model
from elasticsearch.dsl import Object

from django_es_admin import connections

from ..documents import Document, registry
from ..documents.described.field import DjangoField
from ..documents.described.overrides import has_prepare
from ..documents.described.paths import exists, follow, path_of
from ..documents.described.valued import valued
from ..documents.reading.querysets import attributes_of, queryset_of, why_ambiguous
from ..exceptions import QuerysetUnusable
from ..indices.definition import get_definitions
from ..models import OutboxEntry
from .hooks import check_hooks
from .messages import TAG, error, warning
from .names import check_claims, check_names, check_parts
from .relations import check_answers, check_unwatched
from .settings import check_settings
from .synonyms import check_synonyms
from .values import check_values


@register(TAG)
def check_documents(**kwargs: Any) -> list[CheckMessage]:
    """Check each document against its model, and the names of all indices."""
    if check_settings():
        # Without valid settings, no document has a connection. The errors of the settings come
        # first.
        return []
    messages: list[CheckMessage] = []
    for document in registry.get_documents():
        messages += _check_connection(document)
        messages += _check_queryset(document)
        messages += _check_fields(document)
        messages += check_values(document)
        messages += check_hooks(document)
        if not document.django.ignore_signals:
            messages += _check_outbox(document)
            messages += _check_related_models(document)
            messages += check_answers(document)
            messages += check_unwatched(document)
    if not any(message.id == "elasticsearch.E010" for message in messages):
        definitions = get_definitions()
        messages += check_names(definitions)
        messages += check_claims(definitions)
        messages += check_parts(definitions)
        messages += check_synonyms(definitions)
    return messages


def _check_connection(document: type[Document]) -> Iterator[CheckMessage]:
    if document.django.using not in connections:
        yield error(
            "E010",
            f"{document.__name__} uses the connection {document.django.using!r}, "
            f"which ES_SERVERS does not have.",
            f"Add it to ES_SERVERS, or name one of {', '.join(connections)} in class Index.",
            document,
        )


def _check_queryset(document: type[Document]) -> Iterator[CheckMessage]:
    try:
        reason = why_ambiguous(queryset_of(document))
        message = reason and f"{document.__name__}.get_queryset() returns {reason}."
    except QuerysetUnusable as unusable:
        message = str(unusable)
    except (OperationalError, ProgrammingError, InterfaceError):
        # The database may not exist yet, or have no tables.
        return
    except Exception as failure:  # noqa: BLE001 (the project's own code)
        text = f"{type(failure).__name__}: {failure}".rstrip(".")
        message = f"{document.__name__}.get_queryset() fails: {text}."
    if message:
        yield error(
            "E018",
            message,
            "Return a queryset of the model that can be filtered by keys and read in batches; "
            "exclude single objects with should_index_object().",
            document,
        )


def _check_fields(document: type[Document]) -> Iterator[CheckMessage]:
    model = document.django.model
    if isinstance(model._meta.pk, CompositePrimaryKey):
        yield error(
            "E017",
            f"{document.__name__} is of {model.__name__}, whose primary key is composite: "
            f"no _id of Elasticsearch could be read back as that key.",
            "Give the model a primary key of one column, and the others a UniqueConstraint.",
            document,
        )
    for name in document.django.missing_fields:
        yield error(
            "E011",
            f"{document.__name__}.Django.fields names {name!r}, "
            f"which {model.__name__} does not have as a field of a known type.",
            "Correct the name, or declare that field in the document yourself.",
            document,
        )
    for field, path, holder in _missing_paths(model, document, document._doc_type.mapping):
        prepare = f"prepare_{field.rpartition('.')[2]}"
        yield error(
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
        yield error(
            "E015",
            f"{model.__name__} is written to the database {database!r}, but a router does not "
            f"allow the tables of this app there: its changes could not be captured in the same "
            f"transaction.",
            f"Let allow_migrate() of the router return True for 'elasticsearch' on {database!r}.",
            document,
        )


def _check_related_models(document: type[Document]) -> Iterator[CheckMessage]:
    related = document.django.reads.related
    known = [model._meta.concrete_model for model in document.django.related_models]
    for model in sorted(related, key=lambda model: model._meta.label):
        if model._meta.concrete_model not in known:
            yield warning(
                "W001",
                f"{document.__name__} reads {model._meta.label}, which its related_models do not "
                f"name: its changes do not reach the index.",
                f"Add {model.__name__} to related_models, and return the objects that change with "
                f"it in get_instances_from_related().",
                document,
            )


def _missing_paths(
    model: type[Model], document: type[Document], mapping: Any
) -> Iterator[tuple[str, tuple[str, ...], type[Model]]]:
    """Yield each field whose path does not exist in the model, so that it would always be null."""
    annotations = _annotations(document)
    for name in valued(mapping):
        path = path_of(name, mapping[name])
        if document.fields_read_by_themselves and not isinstance(mapping[name], DjangoField):
            continue
        if not (has_prepare(document, name) or path[0] in annotations):
            yield from _missing_in(
                model, name, path, mapping[name], of_queryset=document.fields_read_by_themselves
            )


def _missing_in(
    model: type[Model], name: str, path: tuple[str, ...], field: Any, *, of_queryset: bool
) -> Iterator[tuple[str, tuple[str, ...], type[Model]]]:
    stored = tuple(part for part in path if not part.isdigit())
    if not exists(model, stored, of_queryset=of_queryset):
        yield name, path, model
        return
    related = follow(model, path)
    if related is None or not isinstance(field, Object):
        return
    for inner in valued(field._mapping):
        if not hasattr(field._doc_class, f"prepare_{inner}"):
            definition = field._mapping[inner]
            yield from _missing_in(
                related,
                f"{name}.{inner}",
                path_of(inner, definition),
                definition,
                of_queryset=of_queryset,
            )


def _annotations(document: type[Document]) -> frozenset[str]:
    try:
        return attributes_of(queryset_of(document))
    except Exception:  # noqa: BLE001 (the project's own code; another check tells what is wrong)
        return frozenset()
