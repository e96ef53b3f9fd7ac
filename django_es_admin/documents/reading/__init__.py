"""The ways to read documents from the database: as columns, as instances, as JSON of PostgreSQL.

All of them make the same documents. What a project declares is in the package above.
"""
