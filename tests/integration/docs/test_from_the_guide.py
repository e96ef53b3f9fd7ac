"""A guide to Django with Elasticsearch, typed in file by file, and its tests."""

import shutil
import sys
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from tests.pasted import Block, Project, blocks

TYPED = Path(__file__).parents[2] / "guide" / "typed"
PAGE = (TYPED.parents[2] / "docs" / "from-the-guide.md").read_text(encoding="utf-8")
RUNNERS = ["django.test.runner.DiscoverRunner", "django_es_admin.test.runner.DiscoverRunner"]


@pytest.fixture
def project(tmp_path: Path, es: Elasticsearch, prefix: str) -> Project:
    project = Project(tmp_path, Path(sys.executable))
    project.shell("django-admin startproject shop .")
    for app in ("products", "related"):
        shutil.copytree(TYPED / app, tmp_path / app)
    settings = (TYPED / "settings.py").read_text(encoding="utf-8")
    project.paste(Block("python", settings, "shop/settings.py", at_end=True))
    [node] = es.transport.node_pool.all()
    server = {"HOSTS": [node.base_url], "INDEX_PREFIX": prefix}
    # Its own names, and no long wait for deletes that are sent again.
    quick = {"DELETE_AGAIN_AFTER": 3, "WRITE_TIMEOUT": 1.4, "INLINE_TIMEOUT": 10}
    # The guide's models have plain managers, as they were written.
    silenced = 'SILENCED_SYSTEM_CHECKS = ["elasticsearch.W070"]'
    servers = f'ES_SERVERS = {{"default": {server}}}\nES_ADMIN = {quick}'
    project.override("shop.settings", f"{servers}\n{silenced}")
    return project


@pytest.mark.slow
@pytest.mark.parametrize("runner", RUNNERS)
def test_its_tests_and_what_they_leave_out(project: Project, runner: str) -> None:
    project.shell("python manage.py makemigrations products related")
    project.shell("python manage.py check --fail-level WARNING")
    project.shell(f"python manage.py test --testrunner {runner}")


def test_each_block_of_the_page_is_in_its_file() -> None:
    found = [block for block in blocks(PAGE) if block.language == "python"]
    assert len(found) >= 10
    for block in found:
        _, _, code = block.text.partition("\n")
        assert code in (TYPED / block.file).read_text(encoding="utf-8"), block.text
