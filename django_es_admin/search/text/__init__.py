"""From what a person typed to a query: the words, the fields where they are looked for, the query.

Nothing here sends a request or reads a row.
"""
