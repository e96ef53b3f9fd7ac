"""Names of django-elasticsearch-dsl that have no effect here, or a different one."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, register

from ..checks.messages import TAG, error, warning
from ..documents.described.field import DjangoField
from ..documents.described.overrides import has_prepare, is_overridden
from .documents import DocType
from .places import GeneratedPlaces
from .registries import registry

_PREFIX = "ELASTICSEARCH_DSL_"
_SETTINGS = frozenset(
    f"{_PREFIX}{name}"
    for name in ("AUTOSYNC", "AUTO_REFRESH", "INDEX_SETTINGS", "PARALLEL", "SIGNAL_PROCESSOR")
)
_INDEX_OPTIONS = frozenset(("name", "using", "settings", "aliases", "analyzers"))
# Methods that only `update()` calls.
_WRITERS = ("bulk", "parallel_bulk", "_bulk", "get_actions", "_get_actions")


@register(TAG)
def check_dsl(**kwargs: Any) -> list[CheckMessage]:
    """Check the declarations with names of django-elasticsearch-dsl."""
    messages = [*_check_apps(), *_check_settings()]
    for document in sorted(_documents(DocType), key=lambda document: document.__qualname__):
        if document in registry.get_documents():
            messages += _check_registered(document)
        elif getattr(getattr(document, "Django", None), "model", None) and not (
            document.is_registered()
        ):
            messages += _check_unregistered(document)
    return messages


def _documents(base: type[DocType]) -> Iterator[type[DocType]]:
    for document in base.__subclasses__():
        yield document
        yield from _documents(document)


def _check_apps() -> Iterator[CheckMessage]:
    if apps.is_installed("django_elasticsearch_dsl"):
        yield error(
            "E060",
            "INSTALLED_APPS has django_elasticsearch_dsl beside django_es_admin.dsl: both would "
            "write to the indices, and django_elasticsearch_dsl would do so within transactions.",
            "Replace django_elasticsearch_dsl by django_es_admin.dsl, also in all imports.",
        )
    if not apps.is_installed("django_es_admin.dsl"):
        yield warning(
            "W060",
            "Documents are declared with django_es_admin.dsl, which INSTALLED_APPS does not have: "
            "there is no `manage.py search_index`.",
            "Add django_es_admin.dsl to INSTALLED_APPS, or use es_rebuild and silence this.",
        )


def _check_settings() -> Iterator[CheckMessage]:
    processor = getattr(settings, f"{_PREFIX}SIGNAL_PROCESSOR", "")
    if processor and not str(processor).endswith(".RealTimeSignalProcessor"):
        celery = str(processor).endswith(".CelerySignalProcessor")
        yield warning(
            "W061",
            f"{_PREFIX}SIGNAL_PROCESSOR is {processor!r}, which is never called: the outbox "
            f"records each change in its transaction, and writes it after the commit.",
            "Remove the setting. "
            + (
                "To leave the writing to workers set ES_ADMIN['SYNC'] to 'worker', and run "
                "es_drain or the task `drain`."
                if celery
                else "Move its decisions to should_index_object() or get_queryset()."
            ),
        )
    for name in dir(settings):
        if name.startswith(_PREFIX) and name not in _SETTINGS:
            yield warning(
                "W062",
                f"The setting {name} has no effect.",
                f"Remove it, or correct its name: there are {', '.join(sorted(_SETTINGS))}.",
            )


def _check_unregistered(document: type[DocType]) -> Iterator[CheckMessage]:
    yield warning(
        "W063",
        f"{document.__name__} has a model, and is not registered: nothing is indexed.",
        "Decorate it with @registry.register_document, or with @index.document of an Index of "
        "django_es_admin.dsl. Remove the model from a class that is only a base class.",
        document,
    )


def _check_registered(document: type[DocType]) -> Iterator[CheckMessage]:
    options = document.django
    if not options.index_name:
        yield error(
            "E061",
            f"{document.__name__} has no index: nothing is indexed.",
            "Give it a `class Index` with a name, or @index.document. Where the index is one of "
            "elasticsearch.dsl, put @registry.register_document above @index.document.",
            document,
        )
    for name in options.unknown:
        yield warning(
            "W064",
            f"{document.__name__}.Django.{name} has no effect.",
            "Remove it, or correct its name.",
            document,
        )
    for name in vars(getattr(document, "Index", object)):
        if not name.startswith("_") and name not in _INDEX_OPTIONS:
            yield warning(
                "W064",
                f"{document.__name__}.Index.{name} has no effect.",
                "Remove it, or correct its name.",
                document,
            )
    yield from _check_fields(document)
    yield from _check_hooks(document)


def _check_fields(document: type[DocType]) -> Iterator[CheckMessage]:
    mapping = document._doc_type.mapping
    for name in mapping:
        if not isinstance(mapping[name], DjangoField):
            prepared = " nor is its prepare method called," if has_prepare(document, name) else ""
            yield warning(
                "W065",
                f"{document.__name__}.{name} is a field of elasticsearch.dsl, which no document "
                f"fills,{prepared} as in django-elasticsearch-dsl.",
                "Use a field of django_es_admin.dsl.fields, or a class that inherits from DEDField "
                "and from that of elasticsearch.dsl.",
                document,
            )


def _check_hooks(document: type[DocType]) -> Iterator[CheckMessage]:
    places = document.django.places
    if isinstance(places, GeneratedPlaces) and not places.is_found:
        yield error(
            "E062",
            f"{document.__name__}.generate_id() returns ids that do not lead back to their "
            f"objects: the outbox could not tell which document to write or delete.",
            "Make the id, and a routing, only from unchanged columns of the object, as in "
            "f'article-{instance.pk}' or instance.slug, and from at most one text column. Store a "
            "computed value in a column.",
            document,
        )
    for name in _WRITERS:
        if is_overridden(document, name):
            yield warning(
                "W066",
                f"{document.__name__}.{name}() is only called by update(): the outbox writes what "
                f"is saved, and a rebuild has its own load.",
                "Move what it does to prepare(), get_queryset() or should_index_object().",
                document,
            )
    if is_overridden(document, "get_indexing_queryset"):
        yield warning(
            "W067",
            f"{document.__name__}.get_indexing_queryset() is only called by `search_index "
            f"--populate`: a rebuild reads get_queryset(), in ranges of keys.",
            "Move its conditions and joins to get_queryset(), its size to queryset_pagination.",
            document,
        )
