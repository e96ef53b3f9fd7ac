"""The times of a run, in seconds: production's, about ten times as fast."""

DELETE_AGAIN_AFTER = 3.0
WRITE_TIMEOUT = 1.0
INLINE_TIMEOUT = 0.4
LEASE = 2.0
# Of the T/2 that a request may be late, a tenth is left to a machine that is busy.
LATEST = 0.45 * DELETE_AGAIN_AFTER
