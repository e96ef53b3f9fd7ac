"""From rows to documents: pick, take a tick, read the objects afresh, write, acknowledge.

The order of these steps makes sure that no change is lost (docs/protocol.md). The room ``drainers``
decides who drains, and when. Nothing here records a change.
"""
