"""What can be done to an index: one verb per module, each with a plan and a frozen result.

The steps of a verb are in the rooms ``generations``, ``build`` and ``aliases``.
"""
