"""Record which process used which names."""

import os
from pathlib import Path

from django_es_admin import connection


def trace() -> None:
    with (Path(os.environ["TRACE"]) / str(os.getpid())).open("a") as file:
        file.write(f"{connection.index_prefix}\n")
