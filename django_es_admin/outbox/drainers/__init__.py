"""Who drains, and when: the process that saves, in turn with others, or a worker.

The room ``drain`` does the work of one drain. Nothing here turns a row into a document.
"""
