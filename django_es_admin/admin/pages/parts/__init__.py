"""What several pages share: addresses, links, labels, buttons, numbers and states in words.

Nothing here is a page, or does something to an index.
"""
