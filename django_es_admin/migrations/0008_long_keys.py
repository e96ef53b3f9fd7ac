import hashlib
from typing import Any

from django.db import migrations, models
from django.db.models.functions import Left


def drop_index(apps: Any, schema_editor: Any) -> None:
    # An earlier 0002 had made it of whole keys, which MySQL refuses.
    if schema_editor.connection.vendor in ('postgresql', 'sqlite'):
        schema_editor.execute('DROP INDEX IF EXISTS elasticsearch_outbox_parked')


def add_digests(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model('elasticsearch', 'RefusedDocument').objects
    rows = rows.using(schema_editor.connection.alias)
    for pk, key in list(rows.values_list('pk', 'key')):
        digest = hashlib.blake2b(key.encode(errors='replace'), digest_size=16).hexdigest()
        rows.filter(pk=pk).update(digest=digest)


class Migration(migrations.Migration):

    dependencies = [
        ('elasticsearch', '0007_refused_versions'),
    ]

    operations = [
        migrations.RunPython(drop_index, migrations.RunPython.noop, elidable=True),
        migrations.AlterField(
            model_name='outboxentry',
            name='key',
            field=models.TextField(verbose_name='key'),
        ),
        migrations.AlterField(
            model_name='outboxentry',
            name='cursor',
            field=models.TextField(blank=True, help_text='The last object that was written because of a related one.', verbose_name='cursor'),
        ),
        migrations.AddIndex(
            model_name='outboxentry',
            index=models.Index('connection', 'index', Left('key', 128), condition=models.Q(('parked_at__isnull', False)), name='elasticsearch_outbox_parked'),
        ),
        migrations.RemoveConstraint(
            model_name='refuseddocument',
            name='elasticsearch_refused_document',
        ),
        migrations.AlterField(
            model_name='refuseddocument',
            name='key',
            field=models.TextField(verbose_name='key'),
        ),
        migrations.AddField(
            model_name='refuseddocument',
            name='digest',
            field=models.CharField(default='', max_length=32, verbose_name='digest'),
            preserve_default=False,
        ),
        migrations.RunPython(add_digests, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='refuseddocument',
            constraint=models.UniqueConstraint(fields=('generation', 'digest'), name='elasticsearch_refused_document'),
        ),
    ]
