"""The search that a site declares: its service, and the declarations of a service.

``visitor`` reads what a visitor sends. ``answer`` sends the search and reads the answer.
"""
