"""How requests are sent: nodes, deadlines, the size of an answer, errors without secrets.

``guard`` checks which index a request is for. The packages above understand the answers.
"""
