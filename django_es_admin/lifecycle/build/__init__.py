"""The steps that fill a generation, from the ranges of its load to the gate before the swap.

The verbs of ``lifecycle`` call them in their order; nothing here moves an alias.
"""
