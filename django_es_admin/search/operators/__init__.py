"""Searches with operators: parsed into a tree, and made into a query.

Nothing here sends a request. Texts without operators belong in ``text``.
"""
