"""Report changes of related objects that do not reach a document."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage
from django.db import models
from elasticsearch import dsl

from ..documents import Document
from ..documents.described.overrides import is_overridden
from ..documents.described.paths import find_relation, path_of
from ..documents.described.valued import valued
from .messages import error, warning

Model = type[models.Model]


def check_answers(document: type[Document]) -> Iterator[CheckMessage]:
    """Check that the document says which objects change with objects of ``related_models``."""
    related = document.django.related_models
    if not related:
        return
    if not is_overridden(document, "get_instances_from_related"):
        yield error(
            "E041",
            f"{document.__name__} names {', '.join(m._meta.label for m in related)} in "
            f"related_models, but does not say which objects change with them.",
            "Return these objects from get_instances_from_related(self, related_instance).",
            document,
        )
        return
    for model in related:
        if _is_unanswered(document, model):
            yield warning(
                "W012",
                f"{document.__name__}.get_instances_from_related() returns nothing for a new "
                f"{model._meta.label}, which related_models names: its changes do not reach the "
                f"index.",
                f"Return the objects that change with it, or remove {model.__name__}.",
                document,
            )


def _is_unanswered(document: type[Document], model: Model) -> bool:
    # The result for an object without a key has no meaning.
    if any(f.null for f in model._meta.concrete_fields if f.is_relation):
        return False
    new = model()
    try:
        # Some objects have a key before they are saved, which would cause a query.
        new.pk = None
        found = document().get_instances_from_related(new)
        return found is None or (isinstance(found, (list, tuple)) and not found)
    except Exception:  # noqa: BLE001 (a new object has no key: only code that looks at none ends)
        return False


def check_unwatched(document: type[Document]) -> Iterator[CheckMessage]:
    """Report paths through relations to unknown models, such as generic foreign keys."""
    own = document.django.model
    try:
        known = {model._meta.concrete_model for model in document.django.reads.related}
    except Exception:  # noqa: BLE001 (the queryset is the project's code; who uses it gets to know)
        return
    if any(m._meta.concrete_model not in known for m in document.django.related_models):
        # Otherwise it would not be in ``related_models``.
        return
    for name, relation in _unwatched(own, document, document._doc_type.mapping, ""):
        yield warning(
            "W013",
            f"{document.__name__}.{name} reads through {relation!r}, which can point to objects "
            f"of any model: their changes do not reach the index.",
            "Name these models in related_models, and return the objects that change with them in "
            "get_instances_from_related().",
            document,
        )


def _unwatched(model: Model, holder: type, mapping: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for name in valued(mapping):
        if hasattr(holder, f"prepare_{name}"):
            continue
        field, at = mapping[name], model
        for part in path_of(name, field):
            step = find_relation(at, part)
            if step is None:
                if _leads_anywhere(at, part):
                    yield f"{prefix}{name}", part
                break
            at = step.model
        else:
            if isinstance(field, dsl.Object):
                yield from _unwatched(at, field._doc_class, field._mapping, f"{prefix}{name}.")


def _leads_anywhere(model: Model, name: str) -> bool:
    """Return whether the attribute is a relation that :func:`find_relation` cannot follow."""
    return any(
        field.name == name and field.is_relation
        for field in (*model._meta.private_fields, *model._meta.get_fields())
        if not isinstance(field, models.ForeignObjectRel)
    )
