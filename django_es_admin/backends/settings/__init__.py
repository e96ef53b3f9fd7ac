"""Read, complete and check ``ES_SERVERS`` and ``ES_INDICES``, and know which values are secret.

Nothing here opens a connection, or knows connections.
"""
