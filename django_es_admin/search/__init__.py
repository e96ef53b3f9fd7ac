"""Reads: from what a person types to the primary keys of what they look for, best first."""
