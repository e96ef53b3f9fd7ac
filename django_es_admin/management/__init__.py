"""What the management commands share: options, exit codes, progress, tables.

Each command is a module of ``commands``. Output for programs belongs in ``printed``.
"""
