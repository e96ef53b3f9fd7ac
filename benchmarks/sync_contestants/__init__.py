"""The contestants of `sync.py`."""
