"""What can be done to an index: its buttons, plans, records and logs.

An action is one object of ``actions``; what it does is a function of ``lifecycle``, not of a page.
"""
