"""Manage a small project that uses nothing of the package's tests but its public test support."""

import multiprocessing
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    if "START_METHOD" in os.environ:
        multiprocessing.set_start_method(os.environ["START_METHOD"])
    execute_from_command_line(sys.argv)
