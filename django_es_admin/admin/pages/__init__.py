"""The pages at /admin/elasticsearch/; here those of rows: outbox, searches, judgements, promotions.

The dashboard is in ``overview``, the pages of an index in ``index``, and what is done to it in
``operations``. What several of them need is in ``parts``.
"""
