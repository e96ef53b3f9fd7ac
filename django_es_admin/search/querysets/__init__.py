"""From a queryset to Elasticsearch's terms, if both mean the same, and from keys to rows.

Nothing here sends a request. Words belong in ``text``.
"""
