"""The objects that rows refer to, read afresh from the database that has their changes.

This room also knows which objects a changed related object affects. Nothing here writes a document
or a row.
"""
