"""`python -m tests.torture.settle --help`: drains until nothing is left, and compares.

Prints JSON: what is left in the outbox, and where an index differs from the database.
"""

import argparse
import io
import json
import sys
import time
from typing import Any

import django
from elasticsearch.helpers import scan


def drain(seconds: float) -> str:
    """Run `es_drain --once` until the outbox is empty, or ``seconds`` have gone; return its words.

    Second deletes are waited for.
    """
    from django.core.management import call_command
    from django.db.models import Max
    from django.utils import timezone

    from django_es_admin.models import OutboxEntry

    deadline = time.monotonic() + seconds
    told = io.StringIO()
    while time.monotonic() < deadline:
        try:
            call_command("es_drain", once=True, stdout=told)
        except Exception as error:  # noqa: BLE001 (it is told, and what it left is found below)
            told.write(f"{type(error).__name__}: {error}\n")
        if not OutboxEntry.objects.exists():
            break
        last = OutboxEntry.objects.filter(delete_sent=True).aggregate(last=Max("due_at"))["last"]
        wait = (last - timezone.now()).total_seconds() if last else 0.0
        time.sleep(min(max(wait, 0.1), max(deadline - time.monotonic(), 0)))
    return told.getvalue()


def compare(documents: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return index -> id -> what the database says and what the index holds, where they differ.

    Args:
        documents: index -> id -> what it has to be.
    """
    from django_es_admin import connections

    backend = connections["default"]
    backend.client.indices.refresh(index=[f"{backend.index_prefix}{index}" for index in documents])
    differences: dict[str, dict[str, Any]] = {}
    for index, expected in documents.items():
        hits = scan(backend.client, index=f"{backend.index_prefix}{index}", size=5_000)
        found = {hit["_id"]: hit["_source"] for hit in hits}
        differences[index] = {
            key: {"database": expected.get(key), "index": found.get(key)}
            for key in sorted(expected.keys() | found.keys())
            if expected.get(key) != found.get(key)
        }
    return differences


def main() -> int:
    """Drain and compare; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="0 to compare only")
    options = parser.parse_args()
    django.setup()
    from django.db.models import Q

    from django_es_admin.models import OutboxEntry
    from tests.torture.expected import read_expected

    waiting = OutboxEntry.objects.filter(delete_sent=False).count()
    told = drain(options.seconds)
    rows = OutboxEntry.objects.annotate(parked=Q(parked_at__isnull=False))
    documents = read_expected()
    report = {
        "left": list(rows.values("index", "kind", "key", "error", "delete_sent", "parked")),
        "differences": {index: found for index, found in compare(documents).items() if found},
        "documents": sum(map(len, documents.values())),
        "waiting": waiting,
        "told": told,
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
