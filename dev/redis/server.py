#!/usr/bin/env python3
"""Get a Redis for development and tests: `server.py start|stop|status`.

`start` uses the server that `REDIS_URL` names, or runs one of this checkout by the program that is
installed (Debian: redis-server), on the loopback interface; it keeps nothing on the disk. It may be
called again at any time, and by several at once. `stop` ends only what `start` started in this
checkout.

Needs Python 3.9 or newer and nothing else, so that it runs before there is a virtual environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

from broker import Broker, pongs
from database import Database

REDIS = Database(
    name="Redis",
    target="redis",
    variable="REDIS_URL",
    port=36379,
    usual_port=6379,
    url="redis://127.0.0.1:{port}/0",
    state=Path(__file__).resolve().parent / ".run",
    cluster=Broker,
    answers=pongs,
)

if __name__ == "__main__":
    sys.exit(REDIS.main(__doc__ or ""))
