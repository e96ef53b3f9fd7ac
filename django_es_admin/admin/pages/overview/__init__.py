"""The dashboard: connections, indices, their problems, and the space they use.

Its data comes from ``status``. Nothing here asks Elasticsearch.
"""
