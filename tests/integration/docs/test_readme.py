"""The README, followed step by step: the wheel, an empty environment, the newest Django."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.integration.test_packaging import built, copied
from tests.pasted import Block, Project, blocks
from tests.secured import PASSWORD, USER, Secured

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICK_START, SECURED = (
    README.partition(f"\n{heading}\n")[2].partition("\n##")[0]
    for heading in ("## Quick start", "### A server with a password")
)
# Django supports each of these; the newest has the newest Django.
PYTHONS = ("python3.14", "python3.13", "python3.12")
PAGE = "/admin/shop/product/"

SAVE_AND_SEARCH = f"""
import json, sys
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import setup_test_environment
from django_es_admin import connection

setup_test_environment()
client = Client()
client.force_login(User.objects.get(username="ada"))
words = {{"name": sys.argv[1], "description": "for walls", "price": "9.90"}}
added = client.post("{PAGE}add/", words)
connection.refresh(index=connection.prefixed("products"))
found = client.get("{PAGE}", {{"q": "drilll"}})
print(json.dumps({{
    "added": added.status_code,
    "names": [product.name for product in found.context["cl"].result_list],
    "dashboard": client.get("/admin/elasticsearch/").content.decode(),
}}))
"""


def newest_python() -> str:
    """Return the newest Python of this machine that can make environments."""
    for name in PYTHONS:
        if (path := shutil.which(name)) and _works(path):
            return path
    return sys.executable


def _works(path: str) -> bool:
    # One that pyenv has not activated is on the path, and fails.
    ran = subprocess.run(
        [path, "-c", "import ensurepip, sqlite3"], check=False, capture_output=True
    )
    return ran.returncode == 0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty folder, and an environment that installs our wheel for the name."""
    [wheel] = built(copied(tmp_path / "checkout")).glob("*.whl")
    environment = tmp_path / "environment"
    subprocess.run([newest_python(), "-m", "venv", str(environment)], check=True)
    constraint = environment / "constraint.txt"
    constraint.write_text(f"django-es-admin @ {wheel.as_uri()}\n")
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(
        folder,
        environment / "bin" / "python",
        PIP_CONSTRAINT=str(constraint),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        DJANGO_SUPERUSER_PASSWORD="secret of a test",
    )


def follow(project: Project, block: Block) -> None:
    """Do what a block says."""
    if block.language == "python":
        project.paste(block)
        return
    assert block.language == "console"
    for command in block.text.splitlines():
        if command.endswith(" runserver"):
            project.shell(command.replace("runserver", "check --fail-level WARNING"))
        elif command.endswith(" createsuperuser"):
            project.shell(f"{command} --no-input --username ada --email ada@example.com")
        else:
            project.shell(command)


def use(project: Project, url: str, prefix: str) -> None:
    """Name the server of the test, and keep to the index names of its run."""
    server = {"HOSTS": [url], "INDEX_PREFIX": prefix}
    project.override("mysite.settings", f'ES_SERVERS["default"] |= {server}')


def save_and_search(project: Project, name: str) -> dict[str, Any]:
    """Add a product in the admin and search for it."""
    answer: dict[str, Any] = json.loads(project.script(SAVE_AND_SEARCH, name))
    assert answer["added"] == 302
    return answer


@pytest.mark.slow
def test_the_quick_start_and_a_server_with_a_password(
    project: Project, es: Elasticsearch, secured: Secured, prefix: str
) -> None:
    [node] = es.transport.node_pool.all()
    for block in blocks(QUICK_START):
        follow(project, block)
        if block.file == "mysite/settings.py":
            use(project, node.base_url, prefix)

    answer = save_and_search(project, "Drill")
    assert answer["names"] == ["Drill"]
    assert "products" in answer["dashboard"]
    installed = project.script("import django_es_admin; print(django_es_admin.__file__)")
    assert "site-packages" in installed

    [block] = blocks(SECURED)
    follow(project, block)
    use(project, secured.url, prefix)
    shutil.copy(secured.ca, project.folder / "http_ca.crt")
    project.environment |= {"ELASTIC_USER": USER, "ELASTIC_PASSWORD": PASSWORD}

    project.shell("python manage.py es_rebuild")
    answer = save_and_search(project, "Drill press")
    assert sorted(answer["names"]) == ["Drill", "Drill press"]
    for text in (answer["dashboard"], project.shell("python manage.py es_status")):
        assert secured.url in text
        assert PASSWORD not in text
