"""The physical indices behind an alias, and the table with the role of each.

This room creates and registers them. It loads no documents and moves no alias.
"""
