"""From the typed text to a query: the words, the searched fields, the query.

Nothing here sends a request or reads a row.
"""
