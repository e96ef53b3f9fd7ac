"""The declarations of a document class, and the hooks that projects may override.

The other modules of this package use document classes through this one; ``documents`` adds the
methods that read and write.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django.db import models

from ..documents import Document as PlainDocument
from .exceptions import ModelFieldNotMappedError
from .fields import DEDField, model_field_class_to_field_class
from .options import Options


class DeclaredDocument(PlainDocument):
    """Base class of :class:`.documents.DocType`, without the methods that read or write an index.

    Args:
        related_instance_to_ignore: an object that is left out of documents.
    """

    if TYPE_CHECKING:
        django: ClassVar[Options]
        _fields: ClassVar[dict[str, Any]]

    # Without annotations, which elasticsearch.dsl would treat as fields.
    _related_instance_to_ignore = None
    _prepared = None

    def __init__(self, related_instance_to_ignore: models.Model | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        # Bypass elasticsearch.dsl, which would treat it as a value of the document.
        vars(self)["_related_instance_to_ignore"] = related_instance_to_ignore

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @classmethod
    def is_registered(cls) -> bool:
        """Return whether the class itself was registered, and not only a base class."""
        return "django" in vars(cls)

    @property
    def _prepared_fields(self) -> list[tuple[str, DEDField, Callable[[Any], Any]]]:
        # On first use, because each hit of a search is also a document, but prepares nothing.
        if self._prepared is None:
            vars(self)["_prepared"] = self.init_prepare()
        return cast("list[tuple[str, DEDField, Callable[[Any], Any]]]", self._prepared)

    def init_prepare(self) -> list[tuple[str, DEDField, Callable[[Any], Any]]]:
        """Return name, field and value function, for each field."""
        found: list[tuple[str, DEDField, Callable[[Any], Any]]] = []
        for name, field in getattr(self, "_fields", {}).items():
            if not isinstance(field, DEDField):
                continue
            if not field.path:
                field.read_from(name)
            with_related = getattr(self, f"prepare_{name}_with_related", None)
            make = getattr(self, f"prepare_{name}", None)
            ignored = self._related_instance_to_ignore
            if with_related is not None:
                make = partial(with_related, related_to_ignore=ignored)
            elif make is None:
                make = partial(field.get_value_from_instance, field_value_to_ignore=ignored)
            found.append((name, field, make))
        return found

    def prepare(self, instance: models.Model) -> dict[str, Any]:
        """Return the document of one object, as it is sent to Elasticsearch."""
        return {name: make(instance) for name, _, make in self._prepared_fields}

    @classmethod
    def get_model_field_class_to_field_class(cls) -> "Mapping[type[models.Field[Any, Any]], Any]":
        """Return class of a model field -> class of the document field for a name in ``fields``."""
        return model_field_class_to_field_class

    @classmethod
    def to_field(cls, field_name: str, model_field: "models.Field[Any, Any]") -> DEDField:
        """Return the field for a name in ``fields``.

        Raises:
            ModelFieldNotMappedError: no field type is known for the class of the model field.
        """
        known = cls.get_model_field_class_to_field_class()
        for kind in type(model_field).__mro__:
            if kind in known:
                field: DEDField = known[kind](attr=field_name)
                return field
        raise ModelFieldNotMappedError(
            f"Cannot convert model field {field_name} to an Elasticsearch field: declare it in the "
            f"document, or extend get_model_field_class_to_field_class()."
        )

    @classmethod
    def generate_id(cls, object_instance: models.Model) -> Any:
        """Return the ``_id`` of an object's document."""
        return object_instance.pk

    def _prepare_action(self, object_instance: models.Model, action: str) -> dict[str, Any]:
        return {
            "_op_type": action,
            "_index": self._index._name,
            "_id": self.generate_id(object_instance),
            "_source": None if action == "delete" else self.prepare(object_instance),
        }
