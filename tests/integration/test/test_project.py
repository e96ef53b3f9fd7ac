"""A project that uses only the public test support, by Django's runner and by pytest."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests import forks, servers
from tests.servers import UNAUTHORIZED_JSON as DENIED

ROOT = Path(__file__).parents[3]
PROJECT = ROOT / "tests" / "support_project"
POSTGRES_URL = os.environ.get("POSTGRES_URL") or (
    "postgres://django_es_admin@127.0.0.1:54329/postgres"
)
LIVE = {"title": "of a reader"}
MANAGE = ["manage.py", "test", "--no-input"]
# Those of plugins that the interpreter of our programs has already, see `tests/forks.py`.
IMPORTED = "ignore:Module already imported:pytest.PytestAssertRewriteWarning"
PYTEST = ["-m", "pytest", "-q", "-s", "-W", IMPORTED]


@dataclass(frozen=True)
class Run:
    """What one test run did.

    Args:
        namespaces: process id -> the prefixes that its tests had.
    """

    status: int
    output: str
    namespaces: dict[str, set[str]]


def inherited() -> dict[str, str]:
    """Return what of the environment a program gets: where others are, and to be measured, too."""
    names = ("PATH", "COVERAGE_PROCESS_CONFIG")
    return {name: os.environ[name] for name in names if name in os.environ}


class Project:
    """Runs the tests of the project."""

    def __init__(self, url: str, prefix: str, folder: Path) -> None:
        self._url = url
        self._prefix = prefix
        self._folder = folder

    def run(self, *args: str, database: str = "", **environment: str) -> Run:
        trace = self._folder / "trace"
        trace.mkdir()
        name = f"test_{self._prefix.replace('-', '_')}" if database else ""
        variables = {
            **inherited(),
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": database,
            **({"TEST_DATABASE": name} if name else {}),
            "ES_URL": self._url,
            "LIVE_PREFIX": self._prefix,
            "TRACE": str(trace),
            **environment,
        }
        if "START_METHOD" in environment:
            # Processes that are spawned start as this one does: in the usual way.
            ran = subprocess.run(
                [sys.executable, "-W", "error", *args],
                cwd=PROJECT,
                env=variables,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        else:
            ran = forks.run(
                [*args], environment=variables, folder=PROJECT, warnings="error", seconds=300
            )
        found = {file.name: set(file.read_text().split()) for file in trace.iterdir()}
        return Run(ran.returncode, ran.stdout + ran.stderr, found)


@pytest.fixture
def project(es: Elasticsearch, prefix: str, tmp_path: Path) -> Iterator[Project]:
    """The project, beside a live index that its tests may not touch."""
    es.index(index=f"{prefix}books", id="1", document=LIVE, refresh=True)
    [node] = es.transport.node_pool.all()
    yield Project(node.base_url, prefix, tmp_path)
    # The tests have left nothing, and the live index is as it was.
    assert list(es.indices.get(index=f"{prefix}*", expand_wildcards="all")) == [f"{prefix}books"]
    found = es.search(index=f"{prefix}books")["hits"]["hits"]
    assert [(hit["_id"], hit["_source"]) for hit in found] == [("1", LIVE)]
    assert es.get(index=f"{prefix}books", id="1")["_version"] == 1


def assert_own_names(run: Run, prefix: str, processes: int) -> None:
    """Fail unless each process had one namespace, and no other process the same."""
    assert len(run.namespaces) == processes
    assert all(len(names) == 1 for names in run.namespaces.values())
    names = {name for found in run.namespaces.values() for name in found}
    assert len(names) == processes
    assert all(re.match(rf"{prefix}test-[0-9a-f]{{8}}-", name) for name in names)


# Where time is short, each of both ways has one of the databases.
@pytest.mark.parametrize(
    "database",
    [
        pytest.param("", id="sqlite", marks=pytest.mark.slow),
        pytest.param(POSTGRES_URL, id="postgresql"),
    ],
)
def test_by_the_runner_in_parallel(project: Project, prefix: str, database: str) -> None:
    run = project.run(*MANAGE, "--parallel", "2", database=database)
    assert run.status == 0, run.output
    assert re.search(r"Ran 2\d tests", run.output)
    assert_own_names(run, prefix, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "database",
    [
        pytest.param("", id="sqlite", marks=pytest.mark.in_ci),
        pytest.param(POSTGRES_URL, id="postgresql"),
    ],
)
def test_by_pytest_in_parallel(project: Project, prefix: str, database: str) -> None:
    run = project.run(*PYTEST, "-n", "2", database=database)
    assert run.status == 0, run.output
    assert re.search(r"\d\d passed", run.output)
    assert_own_names(run, prefix, 2)


@pytest.mark.slow
@pytest.mark.in_ci
def test_by_the_runner_in_processes_that_are_spawned(project: Project, prefix: str) -> None:
    run = project.run(*MANAGE, "--parallel", "2", START_METHOD="spawn")
    assert run.status == 0, run.output
    assert_own_names(run, prefix, 2)
    runs = {names.pop().split("-")[-3] for names in run.namespaces.values()}
    assert len(runs) == 1


def test_by_the_runner_in_one_process(project: Project, prefix: str) -> None:
    run = project.run(*MANAGE)
    assert run.status == 0, run.output
    assert_own_names(run, prefix, 1)


def test_the_classes_alone_protect_live_indices(project: Project, prefix: str) -> None:
    run = project.run(*MANAGE, "--testrunner", "django.test.runner.DiscoverRunner")
    assert run.status == 0, run.output
    [names] = run.namespaces.values()
    # Each class sets up and clears away for itself.
    assert len(names) > 1
    assert all(re.match(rf"{prefix}test-[0-9a-f]{{8}}-$", name) for name in names)


def test_a_failing_test_leaves_nothing(project: Project, prefix: str) -> None:
    run = project.run(*PYTEST, "-x", "library/failing.py", "-o", "python_files=failing.py")
    assert run.status == 1, run.output
    assert "The search found ['" in run.output
    assert "missing ['no-such'], unexpected ['" in run.output


def test_emptying_takes_less_than_a_tenth_of_a_second(project: Project) -> None:
    run = project.run(*PYTEST, "library/timing.py", "-o", "python_files=timing.py")
    assert run.status == 0, run.output
    [line] = re.findall(r"milliseconds: (.*)", run.output)
    # The quickest: what slows the others is whatever else runs on the machine.
    assert min(map(float, line.split())) < 100


def test_an_elasticsearch_that_is_down_fails_the_tests_that_need_it(
    es: Elasticsearch, prefix: str, tmp_path: Path
) -> None:
    run = Project("http://127.0.0.1:9", prefix, tmp_path).run(*MANAGE, "library.tests.NamesTests")
    assert run.status == 1
    assert "FAILED (errors=7)" in run.output
    assert "The connection 'default' is unreachable: start Elasticsearch" in run.output


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "server", [servers.refusing_port, servers.answering, lambda: servers.answering(401, DENIED)]
)
def test_an_elasticsearch_that_is_of_no_use_fails_no_other_test(
    server: Callable[[], AbstractContextManager[str]], prefix: str, tmp_path: Path
) -> None:
    with server() as url:
        run = Project(url, prefix, tmp_path).run(
            *PYTEST, "library/plain.py", "-o", "python_files=plain.py"
        )
    assert run.status == 0, run.output


def test_the_plugin_imports_nothing_in_other_projects(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_other(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('django_es_admin.test.pytest_plugin')\n"
        "    heavy = {'django', 'elasticsearch', 'elastic_transport', 'orjson', 'urllib3'}\n"
        "    assert not heavy & sys.modules.keys()\n"
    )
    [plugin] = entry_points(group="pytest11", name="django_es_admin")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", plugin.value],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
