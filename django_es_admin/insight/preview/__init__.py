"""What a swap would change for users who search, before it happens.

It only asks both generations; the swap itself belongs to ``lifecycle``.
"""
