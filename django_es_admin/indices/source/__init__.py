"""The ``_source`` of an index: what it keeps of a document, and when two documents are the same.

What is compared, a whole index or one object, is compared by this room, so that they agree.
"""
