"""The dashboard: connections, indices, their problems, and the space that they take.

What it shows is found in ``status``; nothing here asks Elasticsearch.
"""
