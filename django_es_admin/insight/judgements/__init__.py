"""Searches whose answers staff have judged, and how well an index answers them."""
