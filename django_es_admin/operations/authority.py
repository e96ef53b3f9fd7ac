"""Check again, when a task begins, that the person who requested it still has the right."""

from collections.abc import Callable

from ..models import Operation

Authority = Callable[[Operation, str], bool]
"""Gets the operation, and which of the face's places it was asked through."""

_authorities: dict[str, Authority] = {}


def register_authority(face: str, authority: Authority) -> None:
    """Let a face answer for the operations that it queues.

    Args:
        face: the part before the colon of ``details["through"]``.
    """
    _authorities[face] = authority


def is_still_allowed(operation: Operation) -> bool:
    """Whether the operation may begin; one that was queued by code of the project always may."""
    through = operation.details.get("through")
    if through is None:
        return True
    face, _, place = through.partition(":")
    authority = _authorities.get(face)
    return authority is not None and authority(operation, place)
