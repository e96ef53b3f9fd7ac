"""Books as documents."""

from typing import Any

from django_es_admin.documents import Document, fields, registry
from library.models import Author, Book


@registry.register_document
class BookDocument(Document):
    author = fields.TextField(attr="author.name")

    class Index:
        name = "books"

    class Django:
        model = Book
        fields = ("title",)
        related_models = (Author,)

    def get_instances_from_related(self, related_instance: Any) -> Any:
        return related_instance.books.all()
