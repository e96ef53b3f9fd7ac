"""The one error of these scripts."""


class SetupFailed(Exception):
    """No server could be started. The message says why, and what to do."""
