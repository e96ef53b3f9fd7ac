"""How requests are carried: nodes, deadlines, the size of an answer, errors without secrets.

``guard`` checks which index a request is for; the packages above know what an answer means.
"""
