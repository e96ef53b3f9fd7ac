"""Processes that compete: each with its own settings, on one database and index."""
