"""The steps that fill a generation, from the ranges of its load to the gate before the swap.

The modules of ``lifecycle`` call the steps in order. Nothing here moves an alias.
"""
