"""What a connection may not send. A request is read as Elasticsearch reads it.

Nothing here sends anything, or knows where a request comes from.
"""
