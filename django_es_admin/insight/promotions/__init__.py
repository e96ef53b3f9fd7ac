"""Promotions as staff edit them.

How a search applies them belongs in ``search/site/promotions``.
"""
