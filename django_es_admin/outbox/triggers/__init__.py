"""Capture by the database: triggers that write the rows that signals would write.

What differs between databases is in a module for each. Nothing here knows of signals.
"""
