"""What synonym rules would change for users who search, before they are saved.

Only the set for trials is written. Putting rules belongs in ``lifecycle``.
"""
