"""Run commands from code and as a program does, on objects of the guide's models."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from tests.integration.commands.products import INDEX
from tests.live import make_live


@dataclass(frozen=True)
class Ended:
    """A command that has ended; `code` is what the program's exit code would be."""

    out: str
    err: str
    code: int
    message: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The documents on stdout, one per line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ended]
Says = Callable[[str], None]
Holders = Callable[[], list[str]]


@pytest.fixture
def run() -> Run:
    """Run a command as code does; `terminal` is what it takes for its stderr."""

    def run(*args: str, terminal: Any = None, **options: Any) -> Ended:
        out, err = StringIO(), terminal or StringIO()
        code, message = 0, ""
        try:
            call_command(*args, stdout=out, stderr=err, **options)
        except CommandError as error:
            code, message = error.returncode, str(error)
        return Ended(out.getvalue(), "" if terminal else err.getvalue(), code, message)

    return run


@pytest.fixture
def run_program() -> Run:
    """Run a command as `manage.py` does, up to its exit code; it closes the database."""

    def run(name: str, *args: str, stdout: Any = None) -> Ended:
        out, err = stdout or StringIO(), StringIO()
        module = import_module(f"django_es_admin.management.commands.{name}")
        code = 0
        try:
            module.Command(stdout=out, stderr=err).run_from_argv(["manage.py", name, *args])
        except SystemExit as error:
            code = int(error.code or 0)
        return Ended("" if stdout else out.getvalue(), err.getvalue(), code, "")

    return run


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


@pytest.fixture
def build(definition: IndexDefinition) -> Callable[[], str]:
    """Make the index live, or rebuild it, and give the generation that is live then."""
    return lambda: make_live(definition)


@pytest.fixture
def holders(es: Elasticsearch, definition: IndexDefinition) -> Holders:
    """Give the generations that hold the alias now."""
    return lambda: list(es.indices.get_alias(index=definition.alias, name=definition.alias).body)


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Says:
    """Type something when the command asks; "" is nobody's answer."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))
