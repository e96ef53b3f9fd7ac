"""The user that runs a server, and a folder that this user can access."""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import subprocess
from pathlib import Path
from typing import TypedDict

from failure import SetupFailed

NAME = "nobody"  # neither Elasticsearch nor PostgreSQL runs as root


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess` that run a process as another user."""

    user: int
    group: int
    extra_groups: list[int]


def run_as() -> RunAs:
    """Return arguments that run a process as an unprivileged user; empty if we are one."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        raise SetupFailed(
            f"The server refuses to run as root, and this system has no user {NAME!r}. "
            "Run this as another user."
        ) from None
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Make the unprivileged user the owner of `path` and everything in it."""
    owner = run_as()
    if not owner:
        return
    for name in (path, *path.rglob("*")):
        os.chown(name, owner["user"], owner["group"], follow_symlinks=False)


def reachable_folder(preferred: Path) -> Path:
    """Return `preferred`, or a folder under /var/tmp if the server's user cannot access it.

    Other users cannot access a checkout below /root, or in a temporary folder with mode 0700.
    """
    preferred.mkdir(parents=True, exist_ok=True)
    reached = subprocess.run(["test", "-x", str(preferred)], check=False, **run_as())
    if reached.returncode == 0:
        return preferred
    return own_folder(Path("/var/tmp"), preferred)  # noqa: S108 (it is looked at)


def own_folder(parent: Path, named_after: Path) -> Path:
    """Return our folder for this checkout's `named_after`, below a `parent` that is open to all."""
    digest = hashlib.sha256(str(named_after).encode()).hexdigest()[:12]
    other = parent / f"django-es-admin-{digest}"
    other.mkdir(exist_ok=True)
    found = other.lstat()
    # Another user could have created a link with this name.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise SetupFailed(f"{other} belongs to someone else. Remove it and try again.")
    return other
