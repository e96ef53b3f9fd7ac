"""Two settings of one search side by side.

Nothing of the site is changed.
"""
