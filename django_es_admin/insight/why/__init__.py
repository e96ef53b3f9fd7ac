"""Why one object is found for some words, or is not: one question, one reason.

Nothing here changes anything.
"""
