"""The pages of one index: its tabs, its documents, one of them beside its object.

Nothing here changes an index; the pages of ``operations`` do.
"""

from .admin import IndexAdmin

__all__ = ["IndexAdmin"]
