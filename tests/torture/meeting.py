"""`python -m tests.torture.meeting HOW`: two transactions meet where one reads before it deletes.

One deletes a tag, or takes it off all products; right after it looked for these, another puts the
tag on one more product. Then whatever the database says of that product, its index must say.
"""

import argparse
import sys
import threading
from collections.abc import Callable
from typing import Any

import django

SECONDS_FOR_OTHER = 1.0
"""For the other transaction to get past, if it can: it should have to wait for the first."""


def main() -> int:
    """Let them meet; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("how", choices=("delete", "clear"))
    options = parser.parse_args()
    django.setup()
    from django.db.models.signals import m2m_changed, pre_delete
    from shop.models import Product, Tag

    tag = Tag.objects.order_by("pk")[0]
    other = Product.objects.exclude(tags=tag).order_by("pk")[0]

    def add() -> None:
        tag.product_set.add(other)

    thread = threading.Thread(target=_closing(add))

    def meet(sender: Any, **kwargs: Any) -> None:
        if kwargs.get("action", "pre_clear") == "pre_clear" and not thread.ident:
            thread.start()
            thread.join(SECONDS_FOR_OTHER)

    # Connected after the package's own receivers, it is called after they looked.
    if options.how == "delete":
        pre_delete.connect(meet, sender=Tag)
        tag.delete()
    else:
        m2m_changed.connect(meet, sender=Product.tags.through)
        tag.product_set.clear()
    thread.join()
    return 0


def _closing(work: Callable[[], None]) -> Callable[[], None]:
    """Return what does ``work`` in a thread of its own, where the database may refuse it."""

    def run() -> None:
        from django.db import IntegrityError, connection

        try:
            work()
        except IntegrityError:
            print("refused")
        finally:
            connection.close()

    return run


if __name__ == "__main__":
    sys.exit(main())
