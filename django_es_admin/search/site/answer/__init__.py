"""How a search is sent, and its answer as plain data, from Elasticsearch or the database.

The service decides what to request. Nothing here reads a visitor's request.
"""
