"""Searches with operators: read into a tree, and made into a query."""
