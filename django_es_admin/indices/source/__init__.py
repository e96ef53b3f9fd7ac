"""The ``_source`` of an index: how documents are kept, and when two documents are the same.

Comparisons of a whole index and of one object both use this room, so that they agree.
"""
