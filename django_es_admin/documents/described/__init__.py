"""What a document class says of its objects: the paths of its fields, the place of a document.

It is what the readers need to know; nothing here reads a row.
"""
