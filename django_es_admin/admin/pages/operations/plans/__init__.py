"""Descriptions of plans: the steps in order, and the requests.

Nothing here makes a plan or carries it out.
"""
