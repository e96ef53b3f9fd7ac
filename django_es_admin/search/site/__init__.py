"""The search that a site declares: its service, and what a service is declared with.

``visitor`` reads what is asked, ``answer`` sends it and reads the answer.
"""
