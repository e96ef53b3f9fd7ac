"""Read, complete and check ``ES_SERVERS`` and ``ES_INDICES``; know which values are secret.

Nothing here opens a connection, and nothing knows what a connection is.
"""
