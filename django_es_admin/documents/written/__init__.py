"""Documents that the database writes as JSON: their parts, and each value as SQL.

``reading/database.py`` reads them, and decides whether that is possible. Nothing here sends a
query.
"""
