"""`python -m tests.torture.worker --help`: a site's process, whose threads make changes.

Its exit status is 0 if the package did not once disturb a change, else 1 with the reasons.
"""

import argparse
import json
import logging
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import django


class Errors(logging.Handler):
    """Keeps what was logged as an error: an exception after a commit goes there and no further."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it, with its traceback."""
        self.found.append(logging.Formatter().format(record))


def run(
    seed: str, name: str, count: int, enough: Callable[[], bool], errors: list[str]
) -> dict[str, int]:
    """Make ``count`` changes, or fewer if it is ``enough``; return how many of each kind."""
    from django.db import close_old_connections, connection

    from tests.torture.changes import Changes

    changes, pauses = Changes(seed, name), random.Random(name)
    try:
        for _ in range(count):
            if enough():
                break
            changes.make()
            # As after each request: one that was lost is not used again.
            close_old_connections()
            # As people do: without it the drains would only start when the writers are done.
            time.sleep(pauses.uniform(0, 0.15))
    except Exception:  # noqa: BLE001 (whatever it is, it is what we look for)
        errors.append(traceback.format_exc())
    finally:
        connection.close()
    return changes.made + changes.skipped


def main() -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", required=True, help="of the run")
    parser.add_argument("--name", required=True, help="of this process in it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--count", type=int, default=100, help="changes of each thread")
    parser.add_argument("--seconds", type=float, default=5, help="after which it ends anyway")
    parser.add_argument("--until", type=Path, help="a file that ends it, once it is there")
    parser.add_argument(
        "--alone", action="store_true", help="it may lose its database, which is logged as an error"
    )
    options = parser.parse_args()
    django.setup()
    print("{}")
    logged = Errors()
    if not options.alone:
        logging.getLogger().addHandler(logged)
        logging.getLogger("django").addHandler(logged)
    errors: list[str] = []
    made: dict[str, dict[str, int]] = {}
    deadline = time.monotonic() + options.seconds

    def enough() -> bool:
        told = options.until is not None and options.until.exists()
        return told or time.monotonic() > deadline

    def work(name: str) -> None:
        made[name] = run(options.seed, f"{options.name} {name}", options.count, enough, errors)

    threads = [
        threading.Thread(target=work, args=(str(number),), name=str(number))
        for number in range(options.threads)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total: dict[str, int] = {}
    for counts in made.values():
        for kind, number in counts.items():
            total[kind] = total.get(kind, 0) + number
    print(json.dumps(total))
    print(*errors, *logged.found, sep="\n", file=sys.stderr)
    return 1 if errors or logged.found else 0


if __name__ == "__main__":
    sys.exit(main())
