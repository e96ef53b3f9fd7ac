"""The rows of the outbox as a table: claimed, counted, tried again, discarded.

Nothing here reads an object of the project or writes a document.
"""
