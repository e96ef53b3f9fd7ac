"""The page of those who come from djangoes, followed from top to bottom."""

from collections.abc import Callable

import pytest
from elasticsearch import Elasticsearch

from tests.pasted import Project

SEARCH = """
from django.test import Client
print(Client(SERVER_NAME="localhost").get("/search/", {"q": "django"}).content.decode())
"""


@pytest.mark.slow
@pytest.mark.in_ci
def test_each_block(follow: Callable[..., Project], es: Elasticsearch, prefix: str) -> None:
    project = follow("from-djangoes.md", app="blog")
    [index] = es.indices.get_alias(index=f"{prefix}index_dev", name=f"{prefix}index_dev")
    es.index(index=index, document={"title": "News", "text": "Of Django"}, refresh=True)
    assert "<h2>News</h2>Of Django" in project.script(SEARCH)
