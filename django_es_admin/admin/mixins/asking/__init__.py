"""What a change list asks Elasticsearch for, and what answered, as plain objects that are passed.

What the page shows of them is in the package around; nothing here draws anything.
"""
