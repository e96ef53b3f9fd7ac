"""The plugin of the development server: made once, and only where the server needs it."""

import subprocess
import sys
from pathlib import Path

MAKE = (
    "import sys; from pathlib import Path; import plugin; "
    "plugin.install(Path(sys.argv[1]), '9.4.3', Path(sys.argv[2]), 21)"
)


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _install(scripts: Path, home: Path, jdk: Path) -> subprocess.CompletedProcess[str]:
    path = f"{scripts}:{scripts.parent / 'local'}"
    return subprocess.run(
        [sys.executable, "-c", MAKE, str(home), str(jdk)],
        env={"PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_is_made_once_and_never_half(scripts: Path, tmp_path: Path) -> None:
    home, jdk = tmp_path / "home", tmp_path / "jdk"
    (home / "plugins").mkdir(parents=True)
    _program(jdk / "bin" / "javac", "echo no such class; exit 1")
    _program(jdk / "bin" / "jar", 'echo made >> "$3"')
    failed = _install(scripts, home, jdk)
    assert "no such class" in failed.stderr
    assert list((home / "plugins").iterdir()) == []
    _program(jdk / "bin" / "javac", "exit 0")
    assert _install(scripts, home, jdk).returncode == 0
    folder = home / "plugins" / "match-only-text"
    told = (folder / "plugin-descriptor.properties").read_text()
    assert "elasticsearch.version=9.4.3" in told
    assert "classname=django_es_admin.MatchOnlyTextPlugin" in told
    assert _install(scripts, home, jdk).returncode == 0
    assert (folder / "match-only-text.jar").read_text() == "made\n"


def test_a_server_that_has_the_module_gets_no_plugin(scripts: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "plugins").mkdir(parents=True)
    (home / "modules" / "mapper-extras").mkdir(parents=True)
    assert _install(scripts, home, tmp_path / "jdk").returncode == 0
    assert list((home / "plugins").iterdir()) == []
