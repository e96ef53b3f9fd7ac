"""Contestants: processes with their own settings, on one database and index."""
