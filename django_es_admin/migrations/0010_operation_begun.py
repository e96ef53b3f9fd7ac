from django.db import migrations, models


class Migration(migrations.Migration):
    """Record when the work on an operation began, beside when it was asked for."""

    dependencies = [
        ("elasticsearch", "0009_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="begun_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When the work on it began; until then it waited.",
                null=True,
                verbose_name="begun at",
            ),
        ),
    ]
