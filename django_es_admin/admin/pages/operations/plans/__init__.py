"""The plans of operations as text: the steps in their order, and the requests.

Nothing here makes a plan or carries one out.
"""
