"""Capture by the database: triggers that write the same rows as signals.

Each kind of database has its own module. Nothing here knows about signals.
"""
