"""What setup_djangoes does to connections, also to those that a module already has."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from django.test.runner import DiscoverRunner as DjangosRunner

from django_es_admin import connections
from django_es_admin.backends.abstracts import Base
from django_es_admin.exceptions import ForeignIndex
from django_es_admin.test.runner import DiscoverRunner
from django_es_admin.test.utils import setup_djangoes, teardown_djangoes

INDICES: dict[str, Any] = {
    "one": {"NAME": "index_prod"},
    "two": {"NAME": "index_prod_backup", "ALIASES": ["alias_backup"]},
    "override": {"NAME": "overridden", "ALIASES": ["alias_overridden"]},
}


@pytest.fixture(autouse=True)
def _names_stay_here() -> Iterator[None]:
    yield
    teardown_djangoes()


@pytest.fixture
def use(settings: Any) -> Any:
    """Give the project settings; return its connection ``default``."""
    url = settings.ES_SERVERS["default"]["HOSTS"]

    def use(*indices: str, test: dict[str, Any] | None = None, **declared: Any) -> Base:
        server = {"HOSTS": url, "INDICES": [*indices, *declared], "TEST": test or {}}
        settings.ES_INDICES = {**INDICES, **declared}
        settings.ES_SERVERS = {"default": server, "copy": server}
        return connections["default"]

    return use


def run_names(*names: str) -> list[str]:
    """Return the names that indices have in this test run."""
    assert (connections.namespace or "").startswith("test-")
    return [f"{connections.namespace}{name}" for name in names]


def test_indices(use: Any) -> None:
    held = use("one", "two")
    assert held.indices == ["index_prod", "alias_backup"]
    setup_djangoes()
    assert held.indices == connections["default"].indices
    assert held.indices == run_names("index_prod", "alias_backup")


def test_indices_without_aliases(use: Any) -> None:
    held = use("one", three={"NAME": "third"})
    setup_djangoes()
    assert held.indices == run_names("index_prod", "third")


@pytest.mark.parametrize("indices", [["one"], ["one", "two"]])
def test_index_names(use: Any, indices: list[str]) -> None:
    held = use(*indices)
    live = ["index_prod", "index_prod_backup"][: len(indices)]
    assert held.index_names == live
    setup_djangoes()
    assert held.index_names == run_names(*live)


def test_alias_names(use: Any) -> None:
    held = use("one", "two")
    assert held.alias_names == ["alias_backup"]
    setup_djangoes()
    assert held.alias_names == run_names("alias_backup")


def test_settings_are_kept(use: Any) -> None:
    replicas = {"index": {"number_of_replicas": 1}}
    held = use(three={"NAME": "third", "SETTINGS": replicas})
    assert held.get_indices_with_settings() == {"third": replicas}
    setup_djangoes()
    [name] = run_names("third")
    assert held.get_indices_with_settings() == {name: replicas}


def test_settings_for_tests(use: Any) -> None:
    none = {"index": {"number_of_replicas": 0}}
    declared = {"SETTINGS": {"index": {"number_of_replicas": 1}}, "TEST": {"SETTINGS": none}}
    held = use(three={"NAME": "third", **declared})
    setup_djangoes()
    [name] = run_names("third")
    assert held.get_indices_with_settings() == {name: none}


def test_two_connections_may_have_one_index(use: Any) -> None:
    use(three={"NAME": "third", "TEST": {"NAME": "third_test"}})
    setup_djangoes()
    assert connections["default"].indices == run_names("third_test")
    assert connections["copy"].indices == run_names("third_test")


@pytest.mark.parametrize("first", ["one", "two"])
def test_other_indices_for_tests(use: Any, first: str) -> None:
    held = use(first, test={"INDICES": ["override"]})
    setup_djangoes()
    assert held.indices == run_names("alias_overridden")
    assert connections["copy"].indices == run_names("alias_overridden")


def test_the_runner_does_so_and_what_django_s_does(use: Any) -> None:
    held = use("one", test={"INDICES": ["override"]})
    with patch.object(DjangosRunner, "setup_test_environment") as djangos:
        DiscoverRunner().setup_test_environment()
    assert held.indices == run_names("alias_overridden")
    djangos.assert_called_once_with()


def test_a_connection_without_indices_has_none_in_tests(use: Any) -> None:
    """There: a ``RuntimeError``. Here it reaches no index but those of the run."""
    held = use()
    setup_djangoes()
    assert held.indices == []


def test_a_held_connection_reaches_only_the_indices_of_the_run(use: Any) -> None:
    held = use("one")
    quick = held.options(request_timeout=5)
    assert held.client is not None
    setup_djangoes()
    for one in (held, quick):
        assert one.indices == run_names("index_prod")
        with pytest.raises(ForeignIndex):
            one.client.index(index="index_prod", document={})
        with pytest.raises(ForeignIndex):
            one.index(index="index_prod", document={})


def test_a_held_connection_has_its_own_names_again_afterwards(use: Any) -> None:
    held = use("one")
    setup_djangoes()
    teardown_djangoes()
    assert held.indices == ["index_prod"]
