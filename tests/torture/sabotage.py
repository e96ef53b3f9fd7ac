"""`python -m tests.torture.sabotage --help`: takes away, for moments, what a drain needs.

An index is blocked, the drains lose their connections to the database (on SQLite, its lock), the
table of generations is emptied as by a backup that is restored, and a generation that is being
built cannot be written at all. Prints JSON: how often each was done.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import django
from django.db import Error

APPLICATION = "drain"
"""What the connections of the drains are called on PostgreSQL (``PGAPPNAME``)."""

BLOCKS = ("write", "read_only_allow_delete", "read_only")


def block(client: Any, chance: random.Random) -> None:
    """Block what is live of an index for a moment, as the flood-stage watermark does."""
    from django_es_admin.models import Generation

    live = list(Generation.objects.filter(role=Generation.Role.LIVE).order_by("pk"))
    setting = f"index.blocks.{chance.choice(BLOCKS)}"
    index = chance.choice(live).name
    client.indices.put_settings(index=index, settings={setting: True})
    try:
        time.sleep(chance.uniform(0.1, 0.6))
    finally:
        client.indices.put_settings(index=index, settings={setting: None})


def cut(client: Any, chance: random.Random) -> None:
    """Let the database fail in the drains, or keep it from everybody for a moment."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = %s AND datname = current_database()",
                [APPLICATION],
            )
            return
        cursor.execute("BEGIN EXCLUSIVE")
        time.sleep(chance.uniform(0.1, 0.6))
        cursor.execute("ROLLBACK")


def restore(client: Any, chance: random.Random) -> None:
    """Empty the table of generations for a moment, then register what is searched."""
    from django_es_admin.indices.definition import get_definitions
    from django_es_admin.lifecycle.generations.adopt import adopt
    from django_es_admin.lifecycle.generations.table import register
    from django_es_admin.models import Generation

    builds = dict(
        Generation.objects.filter(role=Generation.Role.BUILDING).values_list("alias", "name")
    )
    _until_it_is_done(Generation.objects.all().delete)
    time.sleep(chance.uniform(0.1, 0.6))
    for definition in get_definitions():
        # As `es_create` does.
        _until_it_is_done(partial(adopt, definition))
        build = builds[definition.alias]
        _until_it_is_done(partial(register, definition, build, Generation.Role.BUILDING))


def _until_it_is_done(do: Callable[[], object]) -> None:
    """Do something whatever the network and the other writers do."""
    from django_es_admin.exceptions import ElasticsearchAdminError

    while True:
        with suppress(ElasticsearchAdminError, Error):
            do()
            return


def sicken(client: Any) -> None:
    """Register a generation that is being built, and whose shards are nowhere."""
    from django_es_admin.indices.definition import get_definitions
    from django_es_admin.indices.names import new_generation_name, write_alias
    from django_es_admin.lifecycle.generations.table import register
    from django_es_admin.models import Generation

    for definition in get_definitions():
        name = new_generation_name(definition.alias)
        client.indices.create(
            index=name,
            settings={"number_of_replicas": 0, "index.routing.allocation.enable": "none"},
            aliases={write_alias(name): {"is_hidden": True}},
            wait_for_active_shards=0,
        )
        register(definition, name, Generation.Role.BUILDING)


def main() -> int:
    """Do so until it is told to end; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", required=True, help="of what is chosen")
    parser.add_argument("--elasticsearch", required=True, help="URL, past the proxy")
    options = parser.parse_args()
    django.setup()
    from elasticsearch import Elasticsearch

    going: list[bool] = [True]
    signal.signal(signal.SIGTERM, lambda *_: going.clear())
    chance = random.Random(f"sabotage {options.seed}")
    done: Counter[str] = Counter()
    faults: tuple[Callable[..., None], ...] = (block, cut, restore)
    with Elasticsearch(options.elasticsearch) as client:
        sicken(client)
        print("{}", flush=True)
        while going:
            time.sleep(chance.uniform(0.1, 0.6))
            fault = chance.choice(faults)
            fault(client, chance)
            done[fault.__name__] += 1
    print(json.dumps(done))
    return 0


if __name__ == "__main__":
    sys.exit(main())
