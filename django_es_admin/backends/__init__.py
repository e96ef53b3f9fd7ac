"""From settings to clients: the connections, their health, and errors that say how to fix them.

This package knows names of indices and requests, but not documents or generations.
"""
