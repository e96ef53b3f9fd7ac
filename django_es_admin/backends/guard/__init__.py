"""What a connection may not send; a request is read as Elasticsearch reads it.

Nothing here sends anything, and nothing knows where a request comes from.
"""
