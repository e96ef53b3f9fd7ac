"""From settings to clients: the connections, their health, and errors that name the mend.

It knows names of indices and requests; what a document or a generation is, it does not know.
"""
