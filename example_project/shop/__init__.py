"""The example shop: products, their categories and tags, searched with Elasticsearch."""
