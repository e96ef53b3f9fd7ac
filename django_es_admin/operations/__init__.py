"""The record of what is done to an index: its rows, leases, progress and history.

Nothing here changes an index; the verbs of ``lifecycle`` do, and record it here.
"""
