"""From rows to documents: pick, take a tick, read the objects afresh, write, acknowledge.

The order of these steps loses no change (docs/protocol.md). Who drains, and when, is in
``drainers``; nothing here records a change.
"""
