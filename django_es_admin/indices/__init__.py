"""What is declared, what the cluster has, and how the two differ.

Requests about an index are made here, each with a deadline; nothing here reads the database.
"""
