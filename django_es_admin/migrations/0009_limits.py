from typing import Any

import django.utils.timezone
from django.db import migrations, models


def tune(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == 'postgresql':
        # One row that every drain updates: each version has room on the page of the one before, no
        # index is touched (a HOT update), and what is dead does not wait for a fifth of the table.
        schema_editor.execute(
            'ALTER TABLE elasticsearch_tick SET (fillfactor = 10, '
            'autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500)'
        )


def untune(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == 'postgresql':
        schema_editor.execute(
            'ALTER TABLE elasticsearch_tick RESET (fillfactor, '
            'autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold)'
        )


class Migration(migrations.Migration):

    dependencies = [
        ('elasticsearch', '0008_long_keys'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='generation',
            options={'default_permissions': (), 'ordering': ['-pk'], 'verbose_name': 'generation', 'verbose_name_plural': 'generations'},
        ),
        migrations.AlterModelOptions(
            name='operation',
            options={'default_permissions': (), 'ordering': ['-pk'], 'verbose_name': 'operation', 'verbose_name_plural': 'operations'},
        ),
        migrations.AlterField(
            model_name='generation',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at'),
        ),
        migrations.AlterField(
            model_name='operation',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at'),
        ),
        migrations.AddIndex(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('due_at__isnull', True), ('parked_at__isnull', True)), fields=['id'], name='elasticsearch_outbox_new'),
        ),
        migrations.AddIndex(
            model_name='outboxentry',
            index=models.Index(condition=models.Q(('due_at__isnull', False), ('parked_at__isnull', True)), fields=['due_at'], name='elasticsearch_outbox_later'),
        ),
        migrations.RunPython(tune, untune, elidable=True),
    ]
