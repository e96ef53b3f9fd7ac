"""What a person asks about one index: its shards, policies, samples, terms, tokens, searches.

Each is one question with a deadline, for a page or an explanation; nothing here changes an index.
"""
