"""dev/elasticsearch/java.py: which JDK it chooses."""

import importlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

DEV = Path(__file__).parents[3] / "dev"

MakeJava = Callable[[str, str], Path]


@pytest.fixture
def java(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module, with no JDK of this machine in its sight."""
    monkeypatch.syspath_prepend(DEV / "local")
    monkeypatch.syspath_prepend(DEV / "elasticsearch")
    module = importlib.import_module("java")
    monkeypatch.setattr(module, "FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.delenv("ES_JAVA_HOME", raising=False)
    return module


@pytest.fixture
def make_java() -> Iterator[MakeJava]:
    """Return a function that makes a Java which lists the modules that it is given.

    Not in `tmp_path`: as root the script starts Java as another user, for whom that is closed.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)

        def make(name: str, modules: str) -> Path:
            program = Path(folder) / name / "bin" / "java"
            program.parent.mkdir(parents=True)
            program.write_text(f"#!/bin/sh\necho '{modules}'\n")
            program.chmod(0o755)
            return program.parent.parent

        yield make


def test_the_oldest_that_is_new_enough_is_taken(
    java: ModuleType, make_java: MakeJava, monkeypatch: pytest.MonkeyPatch
) -> None:
    homes = [
        make_java(name, f"java.base@{version}\njdk.jlink@{version}")
        for name, version in [("a", "26"), ("b", "17.0.15"), ("c", "21.0.3"), ("d", "25")]
    ]
    monkeypatch.setattr(java, "FOLDERS", ((str(homes[0].parent), "*"),))

    assert java.find_jdk(21) == homes[2]
    assert java.find_jdk(17) == homes[1]
    assert java.find_jdk(27) is None


def test_es_java_home_comes_before_java_home_and_the_rest(
    java: ModuleType, make_java: MakeJava, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = make_java("mine", "jdk.jlink@25")
    theirs = make_java("theirs", "jdk.jlink@21")
    monkeypatch.setattr(java, "FOLDERS", ((str(mine.parent), "*"),))
    monkeypatch.setenv("JAVA_HOME", str(theirs))
    monkeypatch.setenv("ES_JAVA_HOME", str(mine))

    assert java.find_jdk(21) == mine

    monkeypatch.delenv("ES_JAVA_HOME")
    assert java.find_jdk(21) == theirs


def test_a_named_home_that_is_too_old_is_passed_over(
    java: ModuleType, make_java: MakeJava, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_java("old", "jdk.jlink@17")))

    assert java.find_jdk(21) is None


def test_a_run_time_without_jlink_is_no_jdk(
    java: ModuleType, make_java: MakeJava, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(make_java("jre", "java.base@25")))

    assert java.find_jdk(21) is None
