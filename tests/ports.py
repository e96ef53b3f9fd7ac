"""Ports for servers that a test starts."""

import os
import random
import socket

FIRST, EACH, WORKERS = 20_000, 500, 20


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on.

    It is of this worker alone. And it lies below the ports that the kernel gives to clients: one of
    these may be gone again before the server takes it.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST + EACH * (worker % WORKERS)
    # Not the generator of the test's choices: other checkouts may run the same seed just now.
    while True:
        port = random.SystemRandom().randrange(first, first + EACH)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
