"""The log of searches: counted by day and words, without a user. It never delays a search.

Code that writes and reads the log belongs here. Pages belong in ``admin``.
"""
