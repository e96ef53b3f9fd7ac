"""The outbox: changes are captured in the transaction that makes them, and drained after it.

The rooms, from the bottom up: ``rows``, ``drain``, ``capture``.
"""
