"""What the management commands share: options, exit codes, progress, tables.

A command is a module of ``commands``; what it prints for programs is in ``printed``.
"""
