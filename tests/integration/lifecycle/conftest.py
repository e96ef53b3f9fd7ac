"""An index of the guide's products, and a proxy in front of its cluster."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.indices.definition import IndexDefinition, get_definition
from tests.integration.commands.products import INDEX
from tests.live import make_live
from tests.servers import Reply, standing_between

Between = Callable[[Reply], AbstractContextManager[None]]
Build = Callable[[], str]


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition(INDEX)


@pytest.fixture
def build(definition: IndexDefinition) -> Build:
    """Make the index live, or rebuild it, and give the generation that is live then."""
    return lambda: make_live(definition)


@pytest.fixture
def between(settings: Any) -> Between:
    """Go through a proxy that may answer in the cluster's place."""

    @contextmanager
    def stand(reply: Reply) -> Iterator[None]:
        default = settings.ES_SERVERS["default"]
        with standing_between(default["HOSTS"][0], reply) as url:
            settings.ES_SERVERS = {"default": {**default, "HOSTS": [url]}}
            try:
                yield
            finally:
                settings.ES_SERVERS = {"default": default}

    return stand
