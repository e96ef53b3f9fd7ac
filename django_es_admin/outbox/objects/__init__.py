"""The objects that rows are about, read afresh from the database that their changes are in.

Which objects a row of a related object affects is known here, too. Nothing here writes a document
or a row.
"""
