"""Find a JDK that can run Elasticsearch."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from runner import run_as

FOLDERS = (
    ("/usr/lib/jvm", "*"),
    ("/usr/java", "*"),
    ("/opt", "java/*"),
    ("/opt", "jdk*"),
    ("/Library/Java/JavaVirtualMachines", "*/Contents/Home"),
    ("~/.sdkman/candidates/java", "*"),
    ("~/.jdks", "*"),
)


def find_jdk(at_least: int) -> Path | None:
    """Return the home of a JDK of major version `at_least` or newer; None if there is none.

    `ES_JAVA_HOME` and `JAVA_HOME` come first. Of the others, the oldest suitable version is used,
    because a JDK that is newer than the server may cause problems.
    """
    for variable in ("ES_JAVA_HOME", "JAVA_HOME"):
        home = os.environ.get(variable)
        if home and (_major(Path(home)) or 0) >= at_least:
            return Path(home)
    found = {home: _major(home) for home in _installed()}
    fitting = [home for home, major in found.items() if major and major >= at_least]
    return min(fitting, key=lambda home: (found[home] or 0, home), default=None)


def _installed() -> Iterator[Path]:
    seen: set[Path] = set()
    on_path = shutil.which("java")
    if on_path:
        seen.add(Path(on_path).resolve().parent.parent)
    for folder, pattern in FOLDERS:
        seen.update(home.resolve() for home in Path(folder).expanduser().glob(pattern))
    yield from sorted(home for home in seen if (home / "bin" / "java").exists())


def _major(home: Path) -> int | None:
    """Return the version of the Java at `home`, as seen by the user who will run the server.

    Return None if that user cannot start it, or if it is a runtime without `jdk.jlink`, which
    Elasticsearch needs.
    """
    try:
        modules = subprocess.run(
            [str(home / "bin" / "java"), "--list-modules"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            **run_as(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"^jdk\.jlink@(\d+)", modules.stdout, re.MULTILINE)
    return int(match.group(1)) if match else None
