"""Check again, when a task starts, that the user who requested it still has the right."""

from collections.abc import Callable

from ..models import Operation

Authority = Callable[[Operation, str], bool]
"""Gets the operation, and the place in the interface, such as the name of an admin site."""

_authorities: dict[str, Authority] = {}


def register_authority(face: str, authority: Authority) -> None:
    """Let an interface check the rights for the operations that it queues.

    Args:
        face: the part of ``details["through"]`` before the colon.
    """
    _authorities[face] = authority


def is_still_allowed(operation: Operation) -> bool:
    """Return whether the operation may start. If code of the project queued it, it always may."""
    through = operation.details.get("through")
    if through is None:
        return True
    face, _, place = through.partition(":")
    authority = _authorities.get(face)
    return authority is not None and authority(operation, place)
