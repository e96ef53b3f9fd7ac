"""A plugin with what the bundle lacks for the synonyms API, compiled against its own jars."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import runner
from failure import SetupFailed

NAME = "match-only-text"
SOURCE = Path(__file__).with_name("MatchOnlyTextPlugin.java")
CLASS = "django_es_admin.MatchOnlyTextPlugin"


def install(home: Path, version: str, java_home: Path, java: int) -> None:
    """Make sure that the server in `home` has the plugin when it starts.

    A server with the module mapper-extras does not need it, and would not start with it.
    Raises `SetupFailed` where the compiler fails, with its own last lines.
    """
    folder = home / "plugins" / NAME
    if folder.is_dir() or (home / "modules" / "mapper-extras").is_dir():
        return
    # Not in the folder of plugins, where an incomplete one is an error, and with a unique name.
    making = home / f"{NAME}-{os.getpid()}"
    shutil.rmtree(making, ignore_errors=True)
    classes = making / "classes"
    classes.mkdir(parents=True)
    _run(
        [
            str(java_home / "bin" / "javac"),
            *("--release", str(java), "-cp", f"{home}/lib/*", "-d", str(classes), str(SOURCE)),
        ]
    )
    _run(
        [
            str(java_home / "bin" / "jar"),
            *("--create", "--file", str(making / f"{NAME}.jar"), "-C", str(classes), "."),
        ]
    )
    shutil.rmtree(classes)
    (making / "plugin-descriptor.properties").write_text(
        f"description=The field type of sets of synonyms\nname={NAME}\nversion={version}\n"
        f"classname={CLASS}\njava.version={java}\nelasticsearch.version={version}\n"
    )
    runner.give(making)
    try:
        making.rename(folder)
    except OSError:
        # Several servers with this home start at the same time, and another one was first.
        shutil.rmtree(making, ignore_errors=True)


def _run(command: list[str]) -> None:
    try:
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SetupFailed(f"{command[0]} cannot be started: {error}") from error
    if result.returncode != 0:
        tail = "\n".join(result.stdout.strip().splitlines()[-10:])
        raise SetupFailed(f"{SOURCE} could not be compiled:\n{tail}")
