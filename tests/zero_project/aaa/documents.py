from django.conf import settings

from django_es_admin.documents import Document, fields, registry

from .models import Author, Book


@registry.register_document
class BookDocument(Document):
    title = fields.TextField()
    author = fields.ObjectField(properties={"name": fields.TextField()})
    readers = fields.NestedField(properties={"name": fields.TextField()})

    class Index:
        name = "books"
        settings = {"number_of_replicas": 0}

    class Django:
        model = Book
        related_models = [Author]
        capture = settings.CAPTURE

    def get_instances_from_related(self, related_instance):
        return (related_instance.book_set.all() | related_instance.read.all()).distinct()
