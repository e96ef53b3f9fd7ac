"""One contestant, many processes of which save products at the same time."""

import os
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from sync_contestants import contestant  # isort: skip (it sets Django up)

from contestants.orders import obey
from django.db import OperationalError, connections
from shop.models import Product

WARM_UP = 0.5


def crowd(writers: int, seconds: float) -> dict[str, Any]:
    """Save for so long in so many processes, each a product of its own in each transaction.

    Returns:
        transactions in each second, how many the database broke off, and the longest one.
    """
    keys = list(Product.objects.order_by("pk").values_list("pk", flat=True))
    connections.close_all()
    began = time.time() + 1 + writers / 32
    children = [_fork(keys[number::writers], began, seconds) for number in range(writers)]
    done = failed = 0
    longest = 0.0
    for pid, reader in children:
        with os.fdopen(reader) as answer:
            own_done, own_failed, own_longest = answer.read().split()
        os.waitpid(pid, 0)
        done += int(own_done)
        failed += int(own_failed)
        longest = max(longest, float(own_longest))
    contestant._settle()  # noqa: SLF001 (of this program)
    return {"rate": done / seconds, "failed": failed, "longest": longest}


def _fork(keys: list[int], began: float, seconds: float) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    os.close(reader)
    try:
        answer = _write(keys, began, seconds)
    except BaseException as error:  # noqa: BLE001 (told, whatever it is)
        sys.stderr.write(f"A writer failed: {error!r}\n")
        answer = "0 1 0"
    os.write(writer, answer.encode())
    os._exit(0)


def _write(keys: list[int], began: float, seconds: float) -> str:
    products = list(Product.objects.filter(pk__in=keys[:20]))
    done = failed = number = 0
    longest = 0.0
    end = began + WARM_UP + seconds
    time.sleep(max(began - time.time(), 0))
    while (now := time.time()) < end:
        product = products[number % len(products)]
        number += 1
        product.price += Decimal("0.01")
        try:
            product.save()
        except OperationalError:
            failed += 1
            continue
        if now >= began + WARM_UP:
            done += 1
            longest = max(longest, time.time() - now)
    return f"{done} {failed} {longest}"


if __name__ == "__main__":
    obey(contestant.prepare, contestant.create, crowd, contestant.differing, contestant.remove)
