"""Querysets of a change list with additional knowledge: the order of hits, a count, days.

Nothing here knows a request or asks Elasticsearch.
"""
