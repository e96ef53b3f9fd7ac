"""From changes of models to rows of the outbox, in the transaction of the change.

Nothing here sends requests to Elasticsearch; ``drain`` does, after the commit.
"""

from .changes import capture

__all__ = ["capture"]
