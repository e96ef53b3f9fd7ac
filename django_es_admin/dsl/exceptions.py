"""The errors of django-elasticsearch-dsl, and errors for what is only allowed there."""

from ..exceptions import DocumentMisdeclared, ElasticsearchAdminError


class DjangoElasticsearchDslError(ElasticsearchAdminError):
    """A document cannot be made, or not be written in this way."""


class VariableLookupError(DjangoElasticsearchDslError):
    """A required field finds no value: correct its `attr`, or leave out `required`."""


class RedeclaredFieldError(DjangoElasticsearchDslError, DocumentMisdeclared):
    """A field is declared twice: in the document, and in `fields` of its class Django."""


class ModelFieldNotMappedError(DjangoElasticsearchDslError, DocumentMisdeclared):
    """A model field has no known type: declare the field in the document."""


class WrittenBesideTheOutbox(DjangoElasticsearchDslError):
    """Documents are made from rows alone: save the object, or call `update(instance)`."""
