"""The ways to read documents from the database: as columns, as instances, as JSON of PostgreSQL.

All of them make the same document; what one may declare is in the package around.
"""
