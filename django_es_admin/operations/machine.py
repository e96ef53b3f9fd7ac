"""Whether a process that a row names can be looked for here: by its machine, not only its host.

Two containers may have the same host name, and their processes the same numbers. What tells them
apart is the start of the kernel and the namespace that the numbers are of.
"""

import hashlib
import os
import secrets
import socket
import uuid
from contextlib import suppress
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")
_DIGITS = 15
_SEPARATOR = "."


def make_owner() -> str:
    """Return a random value for a process that works on an operation, with its machine in it."""
    return f"{_machine()}{_SEPARATOR}{secrets.token_hex(8)}"


def is_here(host: str, owner: str) -> bool:
    """Whether the process of an operation is one of those that this process can look for.

    Args:
        host: its name; of owners that older code made, nothing else is known.
        owner: as of :func:`make_owner`.
    """
    if host != socket.gethostname():
        return False
    machine, separator, _random = owner.partition(_SEPARATOR)
    return not separator or machine == _machine()


def exists(pid: int | None) -> bool:
    """Whether a process of this machine runs."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    """Whether a process has ended, and nobody asked how: in containers, often nobody does."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The name of a program, in brackets, may hold anything.
    return stat.rpartition(")")[2].split()[:1] == ["Z"]


@cache
def _machine() -> str:
    known = [f"{uuid.getnode()}"]
    # Where there is no such thing, processes are not kept apart in this way.
    with suppress(OSError):
        known = [_BOOT.read_text(encoding="ascii"), str(_NUMBERS.readlink())]
    return hashlib.sha256("|".join(known).encode()).hexdigest()[:_DIGITS]
