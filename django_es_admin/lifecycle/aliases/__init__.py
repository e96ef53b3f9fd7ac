"""What a swap is made of: the target, the plan, and the one ``_aliases`` request.

Nothing here sends the request; ``lifecycle.swap`` does.
"""
