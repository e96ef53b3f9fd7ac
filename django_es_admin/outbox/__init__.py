"""How changes of the database become writes to the index."""
