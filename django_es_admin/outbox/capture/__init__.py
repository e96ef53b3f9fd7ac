"""From changes of models to rows of the outbox, in the transaction of the change.

Nothing here asks Elasticsearch; what is to follow the commit is handed to ``drain``.
"""

from .changes import capture

__all__ = ["capture"]
