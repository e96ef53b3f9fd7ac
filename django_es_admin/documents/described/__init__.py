"""What a document class says about its objects: the paths of its fields, and document ids.

The readers of documents need this. Nothing here reads a row.
"""
