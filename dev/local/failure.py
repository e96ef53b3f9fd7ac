"""The one error of these scripts."""


class SetupFailed(Exception):
    """No server could be had; the message says why, and what to do about it."""
