"""Documents that the database writes as JSON: what they are made of, and each value in SQL.

What reads them, and decides whether it can, is `reading/database.py`. Nothing here asks one.
"""
