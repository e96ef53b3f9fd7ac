"""Books as documents."""

from typing import Any

from django_es_admin.documents import Document, fields, registry
from library.models import Author, Book


@registry.register_document
class BookDocument(Document):
    author = fields.TextField(attr="author.name")
    shelf = fields.KeywordField()

    class Index:
        name = "books"

    class Django:
        model = Book
        fields = ("title",)
        related_models = (Author,)

    def prepare_shelf(self, book: Book) -> str:
        if book.title == "Lost":
            raise ValueError("it stands nowhere")
        return book.title[:1]

    def get_instances_from_related(self, related_instance: Any) -> Any:
        return related_instance.books.all()
