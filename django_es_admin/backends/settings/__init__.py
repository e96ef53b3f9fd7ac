"""What ``ES_SERVERS`` and ``ES_INDICES`` say: read, completed, checked, and which of it is secret.

Nothing here opens a connection, and nothing knows what a connection is.
"""
