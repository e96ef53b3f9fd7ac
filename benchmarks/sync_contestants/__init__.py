"""The programs that `sync.py` lets compete."""
