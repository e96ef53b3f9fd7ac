"""How a search is sent, and what comes back as plain data, from Elasticsearch or the database.

What is asked for is decided in the service; nothing here reads a visitor's request.
"""
