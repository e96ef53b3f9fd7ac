"""What pages and ``es_status`` show of connections, indices and documents.

Nothing here changes anything in Elasticsearch. Counts may be stored.
"""
