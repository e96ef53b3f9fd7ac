"""The record of what is done to an index: its rows, leases, progress and history.

Nothing here changes an index. The modules of ``lifecycle`` do that, and record it here.
"""
