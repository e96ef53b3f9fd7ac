"""The contestants of `rebuild.py`."""
