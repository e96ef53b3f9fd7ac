"""What a change list asks Elasticsearch for, and its answer, as plain objects.

The package above decides what the page shows of them. Nothing here renders anything.
"""
