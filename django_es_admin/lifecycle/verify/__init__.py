"""Compare an index with its database, and repair the differences.

Nothing here writes to an index: a repair adds outbox rows, which are drained as usual.
"""
