"""As projects write it: with the models of the code, and all that these can do."""

from django.db import migrations, transaction

from django_es_admin.outbox.capture import capture


def add_books(apps, schema_editor):
    from aaa.models import Author, Book

    author = Author.objects.create(name="Ursula")
    kept = Book.objects.create(title="kept", author=author)
    gone = Book.objects.create(title="gone", author=author)
    kept.readers.add(author)
    gone.readers.set([author])
    gone.readers.clear()
    author.name = "Ursula K."
    author.save()
    with transaction.atomic():
        gone.delete()
    Book.objects.filter(title="none").delete()
    old = apps.get_model("aaa", "Book")
    capture([old.objects.create(title="old")])


class Migration(migrations.Migration):
    dependencies = [("aaa", "0001_initial")]
    operations = [migrations.RunPython(add_books, migrations.RunPython.noop)]
