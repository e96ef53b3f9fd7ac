"""The commands as programs: exit codes, help, no traceback; in processes of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import forks
from tests.integration.commands.conftest import Run
from tests.servers import refusing_port

ROOT = Path(__file__).parents[3]
COMMANDS = [
    "es_create",
    "es_delete",
    "es_prune",
    "es_rebuild",
    "es_rollback",
    "es_status",
    "es_swap_alias",
]


MANAGE = ROOT / "example_project" / "manage.py"


def environment(tmp_path: Path, url: str) -> dict[str, str]:
    """Return that of a program of the example, with a database that has no tables."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT),
        "ES_URL": url,
        "COLUMNS": "80",
    }


def manage(
    tmp_path: Path, *args: str, url: str = "http://127.0.0.1:9", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of the example."""
    return forks.run([str(MANAGE), *args], environment=environment(tmp_path, url) | variables)


@pytest.mark.few(4)
@pytest.mark.parametrize("command", COMMANDS)
def test_help_tells_options_examples_and_exit_codes(tmp_path: Path, command: str) -> None:
    ended = manage(tmp_path, command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for part in ("--connection ALIAS", "--json", "--no-input", f"  manage.py {command} "):
        assert part in ended.stdout
    description, examples = ended.stdout.split("examples:\n")
    assert "exit codes: 0 " in examples
    assert all(len(line) <= 80 for line in description.splitlines())


# What the queryset of the document meets is in the log: where there is none, in a line on stderr.
UNMIGRATED = re.compile(
    r"Incident [0-9a-f]{8}: ProductDocument.get_queryset\(\) failed. "
    r"OperationalError: no such table: shop_product\n"
)


def test_the_status_of_a_dead_connection(tmp_path: Path) -> None:
    with refusing_port() as url:
        shown = manage(tmp_path, "es_status", url=url)
        checked = manage(tmp_path, "es_status", "--check", url=url)
    assert shown.returncode == 0
    assert UNMIGRATED.fullmatch(shown.stderr)
    assert checked.returncode == 2
    assert checked.stdout == shown.stdout
    assert checked.stderr.splitlines()[-1] == "CommandError: Attention is needed: 1 problem."


# What takes as long to import as all that a probe does.
UNNEEDED = {
    "django_es_admin.admin.pages.index",
    "django_es_admin.admin.pages.operations.actions",
    "django_es_admin.admin.pages.overview.dashboard",
    "django_es_admin.lifecycle.background",
    "django_es_admin.lifecycle.rebuild",
    "django_es_admin.lifecycle.verify.verify",
    "django_es_admin.management.progress",
    "django_es_admin.tasks",
    "jsonschema",
    "prometheus_client",
    "rich.progress",
}
PROBE = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", "es_status", "--check"])
finally:
    print("IMPORTED", *sys.modules)
"""


def test_a_probe_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    with refusing_port() as url:
        # Not one that has imported anything already.
        checked = subprocess.run(
            [sys.executable, "-c", PROBE, MANAGE.parent],
            env=environment(tmp_path, url),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    imported = set(checked.stdout.partition("IMPORTED ")[2].split())
    assert checked.returncode == 2
    # The pages are there, for whoever asks for one.
    assert "django_es_admin.admin.registration" in imported
    assert not UNNEEDED & imported


def test_an_error_is_one_line_and_a_traceback_if_asked_for(tmp_path: Path) -> None:
    with refusing_port() as url:
        plain = manage(tmp_path, "es_create", url=url)
        long = manage(tmp_path, "es_create", "--traceback", url=url)
    assert (plain.returncode, plain.stdout, plain.stderr.count("\n")) == (1, "", 1)
    assert plain.stderr.startswith("CommandError: The connection 'default' is unreachable")
    assert long.returncode == 1
    assert "Traceback" in long.stderr
    assert "ConnectionUnavailable" in long.stderr


def test_a_database_without_tables(tmp_path: Path) -> None:
    ended = manage(tmp_path, "es_rebuild", url=os.environ.get("ES_URL") or "http://127.0.0.1:9200")
    assert ended.returncode == 1
    assert ended.stderr == (
        "CommandError: The database failed (no such table: elasticsearch_operation): "
        "run `manage.py migrate` if a table or column is missing.\n"
    )


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "args", [["--nonsense"], ["--timeout", "never"], ["--connection"], ["--connection", "nope"]]
)
def test_wrong_arguments_are_a_failure_and_not_a_call_for_attention(
    tmp_path: Path, args: list[str]
) -> None:
    ended = manage(tmp_path, "es_status", "--check", *args)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Traceback" not in ended.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("args", "code"), [(["--help"], 0), (["--nonsense"], 1)])
def test_the_parser_ends_the_program(run_program: Run, args: list[str], code: int) -> None:
    assert run_program("es_status", *args).code == code


def test_a_reader_that_went_away(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end) as closed:
        ended = subprocess.run(
            [sys.executable, MANAGE, "es_status"],
            env=environment(tmp_path, "http://127.0.0.1:9"),
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 141
    assert UNMIGRATED.fullmatch(ended.stderr)


def test_settings_that_are_wrong_are_system_checks(tmp_path: Path) -> None:
    (tmp_path / "wrong_settings.py").write_text(
        "from config.settings import *\nES_SERVERS = {'default': {'HOST': 'x'}}\n"
    )
    path = os.pathsep.join((str(ROOT), str(tmp_path)))
    wrong = {"DJANGO_SETTINGS_MODULE": "wrong_settings", "PYTHONPATH": path}
    ended = manage(tmp_path, "es_status", **wrong)
    assert ended.returncode == 1
    assert "(elasticsearch.E002) ES_SERVERS['default'] has an unknown key 'HOST'." in ended.stderr
    assert "Traceback" not in ended.stderr
    skipped = manage(tmp_path, "es_status", "--skip-checks", **wrong)
    assert skipped.returncode == 1
    assert skipped.stderr.startswith("CommandError: ES_SERVERS['default'] has an unknown key")
    assert skipped.stderr.count("\n") == 1
