"""The pages at /admin/elasticsearch/; here those for rows, such as the outbox and the synonyms.

The dashboard is in ``overview``, the pages of an index in ``index``, and operations on it in
``operations``. What several pages need is in ``parts``.
"""
