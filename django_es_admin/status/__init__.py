"""What pages and ``es_status`` show about connections, indices and documents.

Nothing here changes anything in Elasticsearch. Counts may be stored.
"""
