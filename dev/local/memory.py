"""Folders in memory, where writes wait for no disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import runner

TMPFS = Path("/dev/shm")  # noqa: S108 (our folder in it is looked at)
ENOUGH = 2 * 1024**3


def has_room() -> bool:
    """Return whether there is a file system in memory, with room for a server's data."""
    return TMPFS.is_dir() and shutil.disk_usage(TMPFS).free >= ENOUGH


def make_folder(named_after: Path) -> Path:
    """Return the folder in memory that belongs to `named_after`, with what is in it already."""
    return runner.own_folder(TMPFS, named_after)


def remove_folder(named_after: Path) -> None:
    """Remove the folder in memory that belongs to `named_after`, if there is one."""
    if TMPFS.is_dir():
        shutil.rmtree(make_folder(named_after))
