"""The page of those who come from django-elasticsearch-dsl, followed from top to bottom."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.dsl.management.commands.search_index import Command
from tests.pasted import Project, blocks

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "from-django-elasticsearch-dsl.md").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, es: Elasticsearch) -> Project:
    """A project with an index that django-elasticsearch-dsl has left."""
    project = Project(tmp_path, Path(sys.executable))
    for command in ("django-admin startproject mysite .", "python manage.py startapp shop"):
        project.shell(command)
    return project


@pytest.mark.slow
@pytest.mark.in_ci
def test_each_block(project: Project, es: Elasticsearch, prefix: str) -> None:
    [node] = es.transport.node_pool.all()
    es.indices.create(index=f"{prefix}cars")
    found = list(blocks(PAGE))
    for block in found:
        if block.language == "python":
            project.paste(block)
    server = {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix}
    (project.folder / "settings_of_the_test.py").write_text(
        f"from mysite.settings import *\nES_SERVERS = {{'default': {server}}}\n"
    )
    project.environment["DJANGO_SETTINGS_MODULE"] = "settings_of_the_test"
    project.shell("python manage.py makemigrations shop")
    for block in found:
        if block.language == "console":
            for command in block.text.splitlines():
                project.shell(command)
    project.script("import shop.example")
    assert f"{prefix}cars" not in es.indices.get(index=f"{prefix}cars")


def test_the_name_is_replaced_in_all_files(tmp_path: Path) -> None:
    [command] = re.findall(r"`(grep -rl .*)`", PAGE)
    (tmp_path / "documents.py").write_text(
        "from django_elasticsearch_dsl import Document, fields\n"
        "from django_elasticsearch_dsl.registries import registry\n"
    )
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    assert (tmp_path / "documents.py").read_text() == (
        "from django_es_admin.dsl import Document, fields\n"
        "from django_es_admin.dsl.registries import registry\n"
    )


def test_each_option_of_the_command() -> None:
    parser = Command().create_parser("manage.py", "search_index")
    for action in parser._actions:
        if action.dest in {"models", "force", "parallel", "refresh", "count", "use_alias"} or (
            action.dest == "action"
        ):
            assert any(f"`{option}" in PAGE for option in action.option_strings), action
