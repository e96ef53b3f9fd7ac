#!/usr/bin/env python3
"""Get a PostgreSQL for development and tests: `server.py start|stop|status`.

`start` uses the server that `POSTGRES_URL` names, or runs one of this checkout: a cluster of its
own below `.run`, by the programs that are installed (Debian: postgresql), on the loopback
interface. It may be called again at any time, and by several at once. `stop` ends only what
`start` started in this checkout.

`start --durable` runs a second one, with data of its own, in which a commit waits for the disk:
benchmarks measure there what many writers cost in production.

Needs Python 3.9 or newer and nothing else, so that it runs before there is a virtual environment.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

from cluster import ROLE, Cluster
from database import Database
from programs import find_programs

STATE = Path(__file__).resolve().parent / ".run"
POSTGRESQL = Database(
    name="PostgreSQL",
    target="postgres",
    variable="POSTGRES_URL",
    port=54329,
    usual_port=5432,
    url=f"postgres://{ROLE}@127.0.0.1:{{port}}/postgres",
    state=STATE,
    cluster=lambda folder: Cluster(folder, find_programs()),
)
DURABLE = replace(
    POSTGRESQL,
    port=54330,
    state=STATE / "durable",
    cluster=lambda folder: Cluster(folder, find_programs(), durable=True),
)

if __name__ == "__main__":
    sys.exit(POSTGRESQL.main(__doc__ or "", durable=DURABLE))
