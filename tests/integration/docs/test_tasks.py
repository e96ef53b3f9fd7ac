"""Each set-up of docs/tasks.md: pasted, with real workers, of which one is killed in the middle."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from elasticsearch import Elasticsearch

from tests import forks
from tests.pasted import Block, Project, blocks

PAGE = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text(encoding="utf-8")
REDIS_URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:36379/0")
SECTIONS = dict(re.findall(r"^## (.+?)$(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
COUNT = 120
RATE = 30

SETTINGS = """
INSTALLED_APPS += ["django_es_admin", "shop"]
ES_SERVERS = {server}
# Many small ranges, as of many objects; what a helper that dies had claimed waits for its lease.
ES_ADMIN = {{"BULK_MAX_DOCUMENTS": 5, "OUTBOX_LEASE": 4}}
DATABASES["default"]["OPTIONS"] = {{"timeout": 30, "transaction_mode": "IMMEDIATE"}}
"""
MODELS = """
from django.db import models

class Book(models.Model):
    title = models.CharField(max_length=100)
"""
DOCUMENTS = """
from django_es_admin.documents import Document, registry

from .models import Book

@registry.register_document
class BookDocument(Document):
    class Index:
        name = "books"

    class Django:
        model = Book
        fields = ["title"]
"""
BEGIN = f"""
from django.core.management import call_command
from shop.models import Book

call_command("makemigrations", "shop", verbosity=0)
call_command("migrate", verbosity=0)
Book.objects.bulk_create(Book(title=f"Book {{n}}") for n in range({COUNT}))
call_command("es_rebuild", "books", "--background", "--workers", "2", "--rate", "{RATE}")
"""
LOOK = """
import json, sys, time
from django_es_admin import connection
from django_es_admin.models import LoadRange, Operation

until = time.monotonic() + 60
while time.monotonic() < until:
    row = Operation.objects.filter(kind="rebuild").first()
    loaded = LoadRange.objects.exclude(loaded_at=None).count()
    if row.state not in ("queued", "running") or (sys.argv[1:] == ["begun"] and loaded > 1):
        break
    time.sleep(0.05)
print(json.dumps([row.state, row.pid, loaded, row.error]))
"""
RESUME = """
from django.core.management import call_command

call_command("es_rebuild", "--resume", "--background", "--workers", "2", verbosity=0)
"""
COUNTED = """
print(connection.count(index=connection.prefixed("books"))["count"])
"""


def redis_answers() -> bool:
    parts = urlsplit(REDIS_URL)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 6379), 1).close()
    except OSError:
        return False
    return True


NEEDS_REDIS = pytest.mark.skipif(
    not redis_answers(), reason=f"No Redis answers on {REDIS_URL}: run `make redis`."
)


@pytest.fixture
def project(tmp_path: Path, es: Elasticsearch, prefix: str) -> Project:
    project = Project(tmp_path, Path(sys.executable))
    project.shell("django-admin startproject mysite .")
    [node] = es.transport.node_pool.all()
    server = {"default": {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix, "INDICES": ["books"]}}
    settings = SETTINGS.format(server=server) + 'ES_INDICES = {"books": {}}\n'
    project.paste(Block("python", settings, "mysite/settings.py", at_end=True))
    for name, text in {"__init__": "", "models": MODELS, "documents": DOCUMENTS}.items():
        project.paste(Block("python", text, f"shop/{name}.py"))
    project.paste(Block("python", "", "shop/migrations/__init__.py"))
    return project


@contextmanager
def worker(project: Project, command: str) -> Iterator[forks.Program]:
    """Run a worker as the page says."""
    words, given = shlex.split(command), {}
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        given[name] = value
    if words[0] != "manage.py":
        words[0] = str(Path(sys.executable).with_name(words[0]))
    with (project.folder / f"{time.monotonic_ns()}.log").open("wb") as log:
        process = forks.Program(
            words,
            environment=given | project.environment,
            folder=project.folder,
            out=log.fileno(),
            errors=log.fileno(),
        )
    try:
        yield process
    finally:
        kill(process)


def kill(process: forks.Program) -> None:
    """Kill a worker with all processes that it has started, as a machine that loses its power."""
    for pid in [process.pid, *_children(process.pid)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(60)


def _children(pid: int) -> list[int]:
    told = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    found = [int(word) for word in told.stdout.split()]
    return found + [one for child in found for one in _children(child)]


@pytest.mark.slow
@pytest.mark.in_ci
@pytest.mark.parametrize(
    "section",
    [
        "django-tasks-db",
        pytest.param("RQ", marks=NEEDS_REDIS),
        pytest.param("Celery", marks=NEEDS_REDIS),
    ],
)
def test_a_worker_is_killed_and_another_goes_on(project: Project, section: str) -> None:
    [settings] = [block for block in blocks(SECTIONS[section]) if block.file]
    # Queues of this test's own.
    database = 1 + os.getpid() % 15
    url = re.sub(r"/\d*$", f"/{database}", REDIS_URL)
    text = settings.text.replace("redis://localhost:6379/0", url)
    project.paste(Block("python", text, settings.file, at_end=True))
    project.environment["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
    [command] = re.findall(r"^```\n(.+)\n```$", SECTIONS[section], re.M)

    project.script(BEGIN)
    with worker(project, command) as one, worker(project, command) as other:
        state, pid, loaded, error = json.loads(project.script(LOOK, "begun"))
        assert (state, error) == ("running", "")
        begun = one if pid in [one.pid, *_children(one.pid)] else other
        assert pid in [begun.pid, *_children(begun.pid)]
        kill(begun)
        told, counted = project.script(RESUME + LOOK + COUNTED).splitlines()[-2:]
        state, again, total, error = json.loads(told)
        assert (state, error) == ("done", "")
        assert again != pid
        assert total > loaded
    assert int(counted) == COUNT
