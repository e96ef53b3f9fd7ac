"""Changes rows by the models of a migration, in all ways that these have."""

from django.conf import settings
from django.db import migrations

from django_es_admin.outbox import captured
from django_es_admin.outbox.capture import capture


def change(apps, schema_editor):
    Author, Book = apps.get_model("aaa", "Author"), apps.get_model("aaa", "Book")
    if settings.CAPTURE == "triggers":
        correct(Author, Book)
        return
    with captured(Author.objects.all()), captured(Book.objects.all()):
        correct(Author, Book)
    capture([Book.objects.create(title="captured")])


def correct(Author, Book):
    Author.objects.update(name="Ursula L.")
    Book.objects.filter(title="old").update(title="new")
    Book.objects.filter(title="noted").delete()
    kept = Book.objects.get(title="kept")
    reader = Author.objects.create(name="Reader")
    kept.readers.add(reader)
    first, second = Book.objects.bulk_create([Book(title="first"), Book(title="second")])
    second.title, second.author = "2nd", reader
    Book.objects.bulk_update([second], ["title", "author"])
    first.readers.add(reader)


class Migration(migrations.Migration):
    dependencies = [("later", "0001_book"), ("elasticsearch", "__latest__")]
    operations = [migrations.RunPython(change, migrations.RunPython.noop)]
