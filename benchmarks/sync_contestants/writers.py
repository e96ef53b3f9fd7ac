"""One contestant with many processes that save products at the same time."""

import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from sync_contestants import contestant  # isort: skip (it sets Django up)

from contestants.orders import obey
from django.conf import settings
from django.db import OperationalError, connections
from shop.models import Product

WARM_UP = 0.5


def crowd(writers: int, seconds: float) -> dict[str, Any]:
    """Save for that many seconds in that many processes, each its own product in each transaction.

    Returns:
        transactions in each second, how many the database broke off, the longest one, the
        processor time of one in its own process, and how many rows of the outbox were left to a
        worker.
    """
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    connections.close_all()
    start, starter = os.pipe()
    pids, answers = [], []
    for number in range(writers):
        pid, answer = _fork(keys[number::writers], seconds, start, starter)
        # One after the other, so that each has imported and connected everything that a save needs.
        answer.readline()
        pids.append(pid)
        answers.append(answer)
    os.close(starter)
    os.close(start)
    done = failed = 0
    longest = busy = 0.0
    for pid, answer in zip(pids, answers, strict=True):
        with answer:
            own_done, own_failed, own_longest, own_busy = answer.read().split()
        os.waitpid(pid, 0)
        done += int(own_done)
        failed += int(own_failed)
        longest = max(longest, float(own_longest))
        busy += float(own_busy)
    left = _count_left()
    contestant._settle()  # noqa: SLF001 (of this program)
    return {
        "rate": done / seconds,
        "failed": failed,
        "longest": longest,
        "busy": busy / max(done, 1),
        "left": left,
    }


def _count_left() -> int:
    if settings.CONTESTANT not in settings.OURS:
        return 0
    from django_es_admin.models import OutboxEntry  # noqa: PLC0415 (only ours has it)

    return OutboxEntry.objects.count()


def _fork(keys: list[int], seconds: float, start: int, starter: int) -> tuple[int, TextIO]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, os.fdopen(reader)
    os.close(reader)
    os.close(starter)
    try:
        products = list(Product.objects.filter(pk__in=keys[:20]))
        for product in products[:2]:
            product.save()
        os.write(writer, b"ready\n")
        os.read(start, 1)
        answer = _write(products, seconds)
    except BaseException as error:  # noqa: BLE001 (told, whatever it is)
        sys.stderr.write(f"A writer failed: {error!r}\n")
        answer = "0 1 0 0"
    os.write(writer, answer.encode())
    os._exit(0)


def _write(products: list[Product], seconds: float) -> str:
    done = failed = number = 0
    longest = 0.0
    began, before = time.time() + WARM_UP, 0.0
    while (now := time.time()) < began + seconds:
        product = products[number % len(products)]
        number += 1
        product.price += Decimal("0.01")
        try:
            product.save()
        except OperationalError:
            failed += 1
            continue
        if now < began:
            before = time.process_time()
        else:
            done += 1
            longest = max(longest, time.time() - now)
    return f"{done} {failed} {longest} {time.process_time() - before}"


if __name__ == "__main__":
    obey(contestant.prepare, contestant.create, crowd, contestant.differing, contestant.remove)
