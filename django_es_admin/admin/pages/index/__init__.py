"""The pages of one index: its tabs, its documents, and the comparison of one object.

Nothing here changes an index; the pages of ``operations`` do.
"""

from .admin import IndexAdmin

__all__ = ["IndexAdmin"]
