"""What commands print for programs: the documents of ``--json``, and the figures for Prometheus.

Their keys are public, as the options are; nothing here is for people or does anything.
"""
