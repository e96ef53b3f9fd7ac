"""Who drains, and when: after the commit of a save, in turn with other processes, or as a worker.

A drain itself is in ``drain``; nothing here says how a row becomes a document.
"""
