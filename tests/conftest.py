"""What all tests share: a real Elasticsearch, emptied of this run's indices after each test."""

import gc
from collections import Counter, OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import TransactionTestCase
from django.utils import translation
from elasticsearch import Elasticsearch
from xdist.scheduler import LoadFileScheduling, Scheduling

from django_es_admin import connections, incidents
from django_es_admin.lifecycle.build import catch_up, load
from django_es_admin.outbox.drain import breaker, cluster_side, statistics
from django_es_admin.outbox.triggers import install
from django_es_admin.status import snapshot
from tests import emptied, few, scenes
from tests.alone import pytest_runtest_makereport  # noqa: F401 (a hook)
from tests.secured import Secured, running

# A project of its own, whose tests run there.
collect_ignore = ["guide/typed"]

LONGEST_FIRST = (
    "tests/torture/",
    "tests/browser/",
    "tests/integration/lifecycle/",
    "tests/integration/test/",
    "tests/integration/commands/",
    "tests/integration/backends/",
    "tests/protocol/",
    "tests/integration/",
)
"""Which files the workers begin with, so that none works on alone at the end."""

OF_THE_SECURED_SERVER = (
    "tests/integration/backends/test_roles.py",
    "tests/integration/backends/test_security.py",
    "tests/integration/docs/test_readme.py",
)
"""Files that one worker has: each other one would start that server again."""


class FilesTogether(LoadFileScheduling):
    """Gives each file to a worker, and those of the secured server to one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "secured" if file in OF_THE_SECURED_SERVER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling | None:
    """Replace ``--dist loadfile``."""
    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark what is slow before such tests are left out, and put the longest files first.

    The order is still random within each kind.
    """
    few.mark_slow(items)

    def rank(item: pytest.Item) -> int:
        found = (n for n, folder in enumerate(LONGEST_FIRST) if item.nodeid.startswith(folder))
        return next(found, len(LONGEST_FIRST))

    yield
    items[:] = sorted(scenes.together(items), key=rank)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what lives as long as the run: modules and tests."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Tell a test which one follows, see ``tests/scenes.py``."""
    item.stash[scenes.NEXT] = nextitem
    return (yield)


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> Iterator[None]:
    """Keep what ``migrate`` writes when the tables are emptied after a test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptied.empty)
        yield


@pytest.fixture(autouse=True)
def _language_stays_here() -> Iterator[None]:
    """Undo what a request activated: the middleware leaves its language to the thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _breaker_stays_here() -> Iterator[None]:
    """Let no test skip what another one found down."""
    cluster_side.forget_looks()
    yield
    breaker.reset()


@pytest.fixture(autouse=True)
def _incidents_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test log an error whole, though another one has met the same."""
    monkeypatch.setattr(incidents, "_noted", OrderedDict())


@pytest.fixture(autouse=True)
def _figures_stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test write what another one counted, perhaps in another database."""
    for name in ("_written", "_stale"):
        monkeypatch.setattr(statistics, name, Counter())


@pytest.fixture(autouse=True)
def _pages_ask_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each page ask Elasticsearch, and none show what another test was told."""
    monkeypatch.setattr(snapshot, "SECONDS", 0.0)
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look more often at what somebody else has to do, or what time has to pass."""
    monkeypatch.setattr(catch_up, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(load, "WAIT_SECONDS", 0.02)
    # No other process relies on triggers of a test.
    monkeypatch.setattr(install, "LEAVING_SECONDS", 0.0)


@pytest.fixture
def es(request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """The client of the connection ``default``; every index that a test makes is deleted after."""
    backend = connections["default"]
    yield backend.client
    scenes.leave(request.node, connections["default"].client, backend.index_prefix)


@pytest.fixture
def scene_of(request: pytest.FixtureRequest, db: None, es: Elasticsearch) -> scenes.SceneOf:
    """Call it with the name of a fixture and what makes its rows and its live index.

    The next test that has the fixture gets both again, see ``tests/scenes.py``.
    """
    return partial(scenes.enter, request.node)


@pytest.fixture
def prefix() -> str:
    """What each index of this run begins with."""
    return connections["default"].index_prefix


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A server with TLS and passwords; it takes half a minute to start, and is there for all."""
    with running(tmp_path_factory.mktemp("secured")) as server:
        yield server
