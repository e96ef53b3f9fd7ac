"""Whether this process can look for the process of an operation: it must run on this machine.

Two containers may have the same host name, and their processes the same ids. The start time of the
kernel and the namespace of the process ids tell them apart.
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
    """Return a random value for a process that works on an operation, which names its machine."""
    return f"{_machine()}{_SEPARATOR}{secrets.token_hex(8)}"


def is_here(host: str, owner: str) -> bool:
    """Return whether this process can look for the process of an operation.

    Args:
        host: the host name of the operation, which is all that older versions recorded.
        owner: the value from :func:`make_owner`.
    """
    if host != socket.gethostname():
        return False
    machine, separator, _random = owner.partition(_SEPARATOR)
    return not separator or machine == _machine()


def exists(pid: int | None) -> bool:
    """Return whether a process of this machine is running."""
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
    """Return whether a process has ended without its parent noticing, as in many containers."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # The name of the program, in brackets, may contain any character.
    return stat.rpartition(")")[2].split()[:1] == ["Z"]


@cache
def _machine() -> str:
    known = [f"{uuid.getnode()}"]
    # Without namespaces, there is nothing to tell apart.
    with suppress(OSError):
        known = [_BOOT.read_text(encoding="ascii"), str(_NUMBERS.readlink())]
    return hashlib.sha256("|".join(known).encode()).hexdigest()[:_DIGITS]
