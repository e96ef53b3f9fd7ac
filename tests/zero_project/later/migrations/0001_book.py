from django.db import migrations

from django_es_admin.outbox.capture import capture


def add_book(apps, schema_editor):
    Book = apps.get_model("aaa", "Book")
    capture([Book.objects.create(title="noted")])


class Migration(migrations.Migration):
    dependencies = [("aaa", "0002_books"), ("elasticsearch", "__latest__")]
    operations = [migrations.RunPython(add_book, migrations.RunPython.noop)]
