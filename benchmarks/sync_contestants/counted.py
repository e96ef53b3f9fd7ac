"""Count what really goes over the wires."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from urllib3 import HTTPConnectionPool

# How libpq traces a statement that it sends; BEGIN and COMMIT are such, too.
_STATEMENT = re.compile(rb"^[-0-9]+ [:.0-9]+\tF\t\d+\t(?:Query|Execute)\t", re.MULTILINE)


@dataclass
class Counts:
    """What was sent.

    Attributes:
        requests: HTTP requests to Elasticsearch.
        statements: SQL statements to PostgreSQL.
    """

    requests: int = 0
    statements: int = 0


@contextmanager
def counted() -> Iterator[Counts]:
    """Count until the end of the context; nothing is to be timed in it."""
    counts = Counts()
    # Below the clients: each has nodes of its own kind, and all of them send by this.
    original = HTTPConnectionPool.urlopen

    def urlopen(*args: Any, **kwargs: Any) -> Any:
        counts.requests += 1
        return original(*args, **kwargs)

    connection.ensure_connection()
    with tempfile.TemporaryFile() as trace:
        HTTPConnectionPool.urlopen = urlopen
        libpq = connection.connection.pgconn
        libpq.trace(trace.fileno())
        try:
            yield counts
        finally:
            libpq.untrace()
            HTTPConnectionPool.urlopen = original
        trace.seek(0, os.SEEK_SET)
        sent = trace.read()
        counts.statements = len(_STATEMENT.findall(sent))
