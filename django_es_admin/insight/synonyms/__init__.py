"""What rules of synonyms would change for users who search, before they are saved.

Only the set for trials is written; how rules are put belongs to ``lifecycle``.
"""
