"""Count the requests and statements that are really sent."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from urllib3 import HTTPConnectionPool

# How libpq traces a statement, including BEGIN and COMMIT.
_STATEMENT = re.compile(rb"^[-0-9]+ [:.0-9]+\tF\t\d+\t(?:Query|Execute)\t", re.MULTILINE)


@dataclass
class Counts:
    """The numbers of requests and statements.

    Attributes:
        requests: HTTP requests to Elasticsearch.
        statements: SQL statements to PostgreSQL.
    """

    requests: int = 0
    statements: int = 0


@contextmanager
def counted() -> Iterator[Counts]:
    """Count until the end of the context. Nothing should be timed in it."""
    counts = Counts()
    # Below the clients, because their nodes differ, but all of them send with this.
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
