"""From rows to documents: pick, read the objects afresh, write, acknowledge.

The order of these steps loses no change (docs/protocol.md); nothing here records a change.
"""
