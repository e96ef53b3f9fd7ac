"""What pages and ``es_status`` show of connections, indices and documents.

Everything here looks and changes nothing in Elasticsearch; what it counts it may remember.
"""
