"""What commands print for programs: the documents of ``--json``, and metrics for Prometheus.

The keys are public, as are the options of the commands. Nothing here is for people, or has effects.
"""
