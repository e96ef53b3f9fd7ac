"""The plans of operations as people read them: what happens in which order, and what is sent.

Nothing here makes a plan or carries one out.
"""
