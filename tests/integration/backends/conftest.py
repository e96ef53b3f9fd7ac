"""An Elasticsearch with security on, for all tests that need one."""

from collections.abc import Iterator

import pytest

from tests.secured import Secured, running


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with running(tmp_path_factory.mktemp("secured")) as server:
        yield server
