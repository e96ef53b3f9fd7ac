"""What users ask about one index: shards, policies, samples, terms, tokens, searches.

Each module answers one question, with a deadline. Nothing here changes an index.
"""
