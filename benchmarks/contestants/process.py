"""A contestant, as seen by the program that runs the competition."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self


class Process:
    """A process that carries out orders.

    Args:
        program: the program, which ends with ``obey()``.
        contestant: one of CONTESTANTS in the settings.
        url: the URL of its database.
        prefix: the prefix of its index's name.
    """

    def __init__(self, program: Path, contestant: str, url: str, prefix: str) -> None:
        self._contestant = contestant
        variables = {"CONTESTANT": contestant, "DATABASE_URL": url, "INDEX_PREFIX": prefix}
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | variables,
        )

    def ask(self, order: str, *arguments: Any) -> None:
        """Give an order without waiting for the answer."""
        assert self._process.stdin is not None  # noqa: S101 (asked for above)
        self._process.stdin.write(json.dumps([order, *arguments]) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """Return the answer to the last order."""
        assert self._process.stdout is not None  # noqa: S101 (asked for above)
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"The contestant {self._contestant!r} ended: its message is above.")
        return json.loads(line)[0]

    def tell(self, order: str, *arguments: Any) -> Any:
        """Give an order, and return the answer."""
        self.ask(order, *arguments)
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
