from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("corrections", "0001_rows")]
    # Nothing but triggers sees this.
    operations = [
        migrations.RunSQL("UPDATE aaa_book SET title = 'by SQL' WHERE title = 'first'")
    ] * (settings.CAPTURE == "triggers")
