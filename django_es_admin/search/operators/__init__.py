"""Searches with operators: read into a tree, and made into a query.

Nothing here sends a request; a text without operators belongs to ``text``.
"""
