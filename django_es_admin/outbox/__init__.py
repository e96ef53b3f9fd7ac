"""The outbox: changes are captured in the transaction that makes them, and drained after it.

The rooms, from the bottom up: ``rows``, ``objects``, ``drain``, ``drainers``, ``triggers``,
``capture``. The package itself has what the models of a project import.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .capture.around import captured
    from .querysets import (
        CapturedManager,
        CapturedManagerMixin,
        CapturedQuerySet,
        CapturedQuerySetMixin,
    )

__all__ = [
    "CapturedManager",
    "CapturedManagerMixin",
    "CapturedQuerySet",
    "CapturedQuerySetMixin",
    "captured",
]


def __getattr__(name: str) -> Any:
    # Imported on first use, because the rooms import this package, too.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "captured":
        from .capture.around import captured  # noqa: PLC0415

        return captured
    from . import querysets  # noqa: PLC0415

    return getattr(querysets, name)
