"""How requests are carried: nodes, deadlines, the size of an answer, errors without secrets.

Which index a request is for is looked at by ``guard``; what an answer means, by the packages above.
"""
