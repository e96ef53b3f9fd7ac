"""From a queryset to Elasticsearch's terms, where both mean the same, and from keys back to rows.

Nothing here sends a request; words are in ``text``.
"""
