"""Find the programs of a PostgreSQL server, which are not on the PATH in Debian."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from failure import SetupFailed

DEBIAN = Path("/usr/lib/postgresql")


def find_programs() -> Path:
    """Return the folder with `initdb`, `postgres` and `pg_ctl` of the newest version.

    Raises `SetupFailed` where there is none.
    """
    found = list(DEBIAN.glob("*/bin"))
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    complete = [home for home in found if (home / "initdb").exists() and (home / "pg_ctl").exists()]
    if not complete:
        raise SetupFailed(
            "No PostgreSQL server is installed. Install it (Debian: sudo apt-get install "
            "postgresql), or set POSTGRES_URL to the address of a running one, whose user may "
            "create databases."
        )
    return max(complete, key=_version)


def _version(home: Path) -> int:
    match = re.search(r"\d+", str(home))
    return int(match.group()) if match else 0
