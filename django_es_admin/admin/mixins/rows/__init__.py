"""Querysets of a change list that know more than the database: the order of hits, a count, days.

Nothing here knows a request or asks Elasticsearch.
"""
