"""Elasticsearch from a bundle on Maven Central. `pom.xml` contains the versions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import runner
from failure import SetupFailed

POM = Path(__file__).with_name("pom.xml")
NAMESPACE = {"pom": "http://maven.apache.org/POM/4.0.0"}


def elasticsearch_version(major: str) -> str:
    """Return the full version, such as "9.4.3", from the profile `es-<major>` in pom.xml."""
    for profile in ElementTree.parse(POM).iterfind(".//pom:profile", NAMESPACE):
        if profile.findtext("pom:id", namespaces=NAMESPACE) == f"es-{major}":
            version = profile.findtext(
                "pom:properties/pom:elasticsearch.version", namespaces=NAMESPACE
            )
            if version:
                return version
    raise SetupFailed(f"{POM} has no profile es-{major} with an elasticsearch.version.")


def unpack(major: str, folder: Path) -> Path:
    """Return the home of the server below `folder`. Download and unpack it if it does not exist.

    The first time downloads about 1 GB, which Maven keeps for later.
    Raises `SetupFailed` if Maven fails, with the last lines of its output.
    """
    home = folder / f"elasticsearch-{elasticsearch_version(major)}"
    if home.is_dir():
        return home
    unpacking = folder / "unpacking"
    shutil.rmtree(unpacking, ignore_errors=True)
    print(f"Unpacking Elasticsearch into {home} (Maven, the first time downloads 1 GB) ...")
    result = subprocess.run(
        [
            *("mvn", "--batch-mode", "--quiet", "--file", str(POM)),
            *("--activate-profiles", f"es-{major}", f"-Drun.folder={unpacking}"),
            "process-resources",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    unpacked = next(iter(unpacking.glob("*/elasticsearch")), None)
    if result.returncode != 0 or unpacked is None:
        tail = "\n".join(result.stdout.strip().splitlines()[-10:])
        raise SetupFailed(f"Maven could not fetch Elasticsearch:\n{tail}")
    # The bundle lacks what this module needs, and its start prints a page of stack trace.
    shutil.rmtree(unpacked / "modules" / "x-pack-inference", ignore_errors=True)
    runner.give(unpacked)
    unpacked.rename(home)  # last: an incomplete folder never has this name
    shutil.rmtree(unpacking, ignore_errors=True)
    return home
