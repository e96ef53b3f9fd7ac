"""Ports for servers that a test starts."""

import os
import random
import socket

FIRST, EACH, WORKERS = 20_000, 500, 20


def free_port() -> int:
    """Return a free port of the loopback interface.

    Only this worker uses it. It is below the ports that the kernel assigns to clients, because one
    of these could be taken before the server uses it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + EACH * (worker % WORKERS)
    # Not with the seeded generator of the test, because another checkout may run with the same
    # seed.
    while True:
        port = random.SystemRandom().randrange(first, first + EACH)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
