"""The ranges of primary keys of a load, and which process loads which range."""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connections, models, transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from ...conf import get_options
from ...exceptions import RangeTakenOver
from ...indices.definition import IndexDefinition
from ...models import Generation, LoadRange
from ...outbox.rows.lock import wait_for_writers

BATCHES = 10
"""The maximum size of a range, in bulk requests."""

RANGES_EACH = 8
"""The minimum number of ranges per worker, so that the last worker does not work on alone."""


def plan_ranges(
    definition: IndexDefinition, generation: Generation, *, total: int = 0, workers: int = 1
) -> None:
    """Divide the keys of the model's table, once for each generation.

    The first range has no start and the last range has no end, so that they include every new key.

    Args:
        total: the approximate number of objects.
        workers: how many processes will load them.
    """
    using = definition.database
    if _ranges(generation).exists():
        return
    batch = get_options().bulk_max_documents
    size = batch * BATCHES
    if workers > 1:
        size = min(size, max(total // (workers * RANGES_EACH), batch))
    bounds = [
        (part.part_label, after, until)
        for part in definition.parts
        for after, until in pairwise(["", *_bounds(part, size), ""])
    ]
    LoadRange.objects.using(using).bulk_create(
        LoadRange(generation=generation, number=number, document=document, after=after, until=until)
        for number, (document, after, until) in enumerate(bounds)
    )


def _bounds(definition: IndexDefinition, size: int) -> Iterator[str]:
    """Yield every ``size``-th key, which needs only the index of the primary key."""
    assert definition.document is not None  # noqa: S101 (there is nothing to load without one)
    model = definition.document.django.model
    keys = model._base_manager.using(definition.database).order_by("pk").values_list("pk")
    page = keys
    while found := page[size - 1 : size].first():
        yield str(found[0])
        page = keys.filter(pk__gt=found[0])


def claim_range(generation: Generation, worker: str = "") -> LoadRange | None:
    """Claim a free range for ``OUTBOX_LEASE``; return None if there is none.

    Args:
        worker: the prefix of the claim, for :func:`release_ranges`.
    """
    using = generation._state.db
    assert using is not None  # noqa: S101 (it comes from a database)
    skip = connections[using].features.has_select_for_update_skip_locked
    with transaction.atomic(using=using):
        wait_for_writers(using)
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
        open_ranges = _ranges(generation).filter(free, loaded_at__isnull=True)
        found = open_ranges.select_for_update(skip_locked=skip).first()
        if found is not None:
            found.owner = worker + secrets.token_hex(8)
            _ranges(generation).filter(pk=found.pk).update(
                owner=found.owner, leased_until=_lease(), rows=0
            )
    return found


def give_back(claimed: LoadRange) -> None:
    """Release a range whose load failed, so that any process can claim it."""
    _mine(claimed).update(leased_until=None, owner="")


def renew(claimed: LoadRange, rows: int) -> None:
    """Renew the claim on a range.

    Args:
        rows: the number of its objects read so far.

    Raises:
        RangeTakenOver: the lease has expired, and another process has the range.
    """
    _update(claimed, rows=rows, leased_until=_lease())


def finish(claimed: LoadRange, rows: int) -> None:
    """Record that every object of a range was read and sent.

    Raises:
        RangeTakenOver: the lease has expired, and another process has the range.
    """
    _update(claimed, rows=rows, leased_until=None, loaded_at=Now())


def release_ranges(generation: Generation, worker: str = "") -> None:
    """Release the ranges of processes that are known to be dead.

    Args:
        worker: only those that this worker has claimed.
    """
    claims = _ranges(generation).filter(loaded_at__isnull=True, owner__startswith=worker)
    claims.update(leased_until=None, owner="")


def within(claimed: LoadRange, queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows of ``queryset`` that are in a range, in the order of their keys."""
    to_key = queryset.model._meta.pk.to_python
    if claimed.after:
        queryset = queryset.filter(pk__gt=to_key(claimed.after))
    if claimed.until:
        queryset = queryset.filter(pk__lte=to_key(claimed.until))
    return queryset.order_by("pk")


def rows_read(generation: Generation) -> int:
    """Return how many objects all processes have read for the generation."""
    return _ranges(generation).aggregate(rows=Sum("rows"))["rows"] or 0


def all_loaded(generation: Generation) -> bool:
    """Return whether every range is loaded."""
    ranges = _ranges(generation)
    return ranges.exists() and not ranges.filter(loaded_at__isnull=True).exists()


def count_open(generation: Generation) -> int:
    """Return how many ranges are not loaded yet, including claimed ones."""
    return _ranges(generation).filter(loaded_at__isnull=True).count()


def _update(claimed: LoadRange, **values: Any) -> None:
    if not _mine(claimed).update(**values):
        raise RangeTakenOver


def _mine(claimed: LoadRange) -> QuerySet[LoadRange]:
    return LoadRange.objects.using(claimed._state.db).filter(
        pk=claimed.pk, owner=claimed.owner, loaded_at__isnull=True
    )


def _ranges(generation: Generation) -> QuerySet[LoadRange]:
    return LoadRange.objects.using(generation._state.db).filter(generation=generation)


def _lease() -> models.Expression:
    return Now() + timedelta(seconds=get_options().outbox_lease)
