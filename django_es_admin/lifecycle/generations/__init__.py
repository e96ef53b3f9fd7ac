"""The physical indices behind an alias, and the table that says what each is for.

This room creates and registers them; it loads no document and moves no alias.
"""
