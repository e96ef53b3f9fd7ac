"""The programs that `rebuild.py` lets compete."""
