"""Declared indices, the indices in the cluster, and how they differ.

Requests about an index are made here, each with a deadline. Nothing here reads the database.
"""
