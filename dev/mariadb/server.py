#!/usr/bin/env python3
"""Get a MariaDB for development and tests: `server.py start|stop|status`.

`start` uses the server that `MARIADB_URL` names, or runs one of this checkout: data of its
own below `.run`, by the programs that are installed (Debian: mariadb-server), on the loopback
interface. It may be called again at any time, and by several at once. `stop` ends only what
`start` started in this checkout.

Needs Python 3.9 or newer and nothing else, so that it runs before there is a virtual environment.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local"))

from cluster import DATABASE, ROLE, Cluster, greets
from database import Database

MARIADB = Database(
    name="MariaDB",
    target="mariadb",
    variable="MARIADB_URL",
    port=23306,
    usual_port=3306,
    url=f"mysql://{ROLE}@127.0.0.1:{{port}}/{DATABASE}",
    state=Path(__file__).resolve().parent / ".run",
    cluster=Cluster,
    answers=greets,
)

if __name__ == "__main__":
    sys.exit(MARIADB.main(__doc__ or ""))
