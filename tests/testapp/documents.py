"""How a note is searched."""

from django_es_admin.documents import Document, fields, registry

from .models import Label, Note, Shelf


@registry.register_document
class NoteDocument(Document):
    id = fields.KeywordField()
    title = fields.TextField(fields={"raw": fields.KeywordField()})
    body = fields.TextField()
    code = fields.KeywordField(fields={"text": fields.TextField()})
    tenant = fields.KeywordField()
    stars = fields.IntegerField()
    written = fields.DateField()
    shout = fields.TextField()
    whispered = fields.TextField(attr="title")
    shelf = fields.ObjectField(properties={"name": fields.TextField()})
    shelf_name = fields.TextField(attr="shelf.name")
    labels = fields.NestedField(properties={"word": fields.TextField()})
    suggest = fields.CompletionField(attr="title")

    class Index:
        name = "testapp-notes"
        settings = {"number_of_replicas": 0}

    class Django:
        model = Note
        related_models = [Shelf, Label]

    def prepare_whispered(self, instance: Note) -> str:
        return instance.title.lower()

    def get_instances_from_related(self, related_instance: Shelf | Label):
        return related_instance.note_set.all()
