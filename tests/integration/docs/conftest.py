"""Projects that follow the pages of those who come from another package."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.pasted import Project, blocks

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def follow(tmp_path: Path, es: Elasticsearch, prefix: str) -> Iterator[Callable[..., Project]]:
    """Follow a page in a new project: its files are pasted, and its commands run, in its order."""

    def follow(page: str, app: str) -> Project:
        project = Project(tmp_path, Path(sys.executable))
        project.shell("django-admin startproject mysite .")
        project.shell(f"python manage.py startapp {app}")
        [node] = es.transport.node_pool.all()
        server = {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix}
        project.override("mysite.settings", f'ES_SERVERS["default"] |= {server}')
        for block in blocks((DOCS / page).read_text(encoding="utf-8")):
            if block.file:
                project.paste(block)
            else:
                assert block.language == "console", block.text
                for command in block.text.splitlines():
                    project.shell(command)
        return project

    return follow
