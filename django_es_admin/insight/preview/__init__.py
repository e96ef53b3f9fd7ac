"""What a swap would change for users who search.

It only sends searches to both generations. The swap itself belongs in ``lifecycle``.
"""
