"""Promotions as staff keep them. How a search applies them belongs in `search/site/promotions`."""
