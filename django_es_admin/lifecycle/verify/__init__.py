"""Whether an index holds what its database says: both sides walked, and what differs written again.

Nothing here writes to an index; a repair is rows of the outbox, which drains write like all others.
"""
