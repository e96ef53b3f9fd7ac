"""What several pages share: URLs, links, labels, buttons, numbers and states in words.

Nothing here is a page, or changes an index.
"""
