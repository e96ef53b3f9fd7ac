"""Searches whose answers staff have judged, and how well an index answers them.

Metrics and grades belong here; how a search is made does not.
"""
