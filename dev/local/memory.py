"""Folders in memory, where writes do not wait for a disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import runner

TMPFS = Path("/dev/shm")  # noqa: S108 (our folder in it is looked at)
ENOUGH = 2 * 1024**3


def has_room() -> bool:
    """Return whether there is a file system in memory with enough space for a server's data."""
    return TMPFS.is_dir() and shutil.disk_usage(TMPFS).free >= ENOUGH


def make_folder(named_after: Path) -> Path:
    """Return the folder in memory for `named_after`, which may already have data."""
    return runner.own_folder(TMPFS, named_after)


def remove_folder(named_after: Path) -> None:
    """Remove the folder in memory for `named_after`, if it exists."""
    if TMPFS.is_dir():
        shutil.rmtree(make_folder(named_after))
