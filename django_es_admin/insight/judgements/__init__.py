"""Searches whose results staff have graded, and how good an index's results are.

Metrics and grades belong here. How a search is made does not.
"""
