"""The pages at /admin/elasticsearch/: the dashboard, and a page per index."""
