"""Live indices for tests that do not test the rebuild, and second deletes without waiting."""

from django.db.models.functions import Now

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.generations.create import create_physical
from django_es_admin.lifecycle.generations.standby import keep_standby
from django_es_admin.lifecycle.generations.table import generations_of, mark_loaded
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drain.write import Writer
from django_es_admin.outbox.objects.read import objects
from django_es_admin.status.counts import remember_rows

SECONDS = 30.0


def make_live(definition: IndexDefinition) -> str:
    """Make an index live as a rebuild does, with a third of its requests.

    Returns:
        The name of the generation. If there is a live one already, it is rebuilt.
    """
    if definition.connection.client.indices.exists(index=definition.alias):
        return rebuild(plan_rebuild(definition)).generation
    # The same as `es_create`, without plan and record.
    aliases = {definition.alias: {}, **definition.aliases}
    name = create_physical(definition, dict(definition.settings), aliases).name
    keep_standby(definition, name, None)
    rows = OutboxEntry.objects.using(definition.database).filter(
        connection=definition.using, index=definition.name
    )
    waiting = list(rows.values_list("pk", flat=True))
    keys = [str(key) for key in objects(definition).order_by("pk").values_list("pk", flat=True)]
    if keys:
        outcome = Writer(definition, SECONDS, refresh=True).write_keys(keys)
        assert outcome.errors == {}
    rows.filter(pk__in=waiting).delete()
    mark_loaded(generations_of(definition).get(name=name))
    remember_rows(definition, len(keys), len(keys))
    return name


def let_deletes_be_due() -> None:
    """Make the second deletes due now, because a rebuild waits for them."""
    OutboxEntry.objects.filter(delete_sent=True).update(due_at=Now())
