"""The log of searches: counted by day and words, without a user, and never in the way of a search.

Here belongs what is noted and how it is read. Pages belong in `admin/`.
"""
