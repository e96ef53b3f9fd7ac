"""What a user installs: distributions with the whole package, and a wheel that opens a page."""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterable, Iterator
from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from packaging.requirements import Requirement

import django_es_admin

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).with_name("tiny_project.py")
# What is built from, as a checkout has it.
FILES = (
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
)
FOLDERS = ("django_es_admin", "docs", "benchmarks")


def copied(folder: Path) -> Path:
    """Copy what is built from: no leftovers of earlier builds can get in."""
    leftovers = shutil.ignore_patterns("__pycache__", ".*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=leftovers)
    for name in FILES:
        shutil.copy(ROOT / name, folder)
    return folder


def built(checkout: Path) -> Path:
    """Build an sdist, and a wheel from that sdist; return their folder."""
    environment = {name: value for name, value in os.environ.items() if name[:6] != "PYTHON"}
    ran = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", "dist"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said
    assert not re.search("warning|deprecat", said, re.IGNORECASE), said
    return checkout / "dist"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what is built from."""
    return copied(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def distributions(checkout: Path) -> Path:
    """Return the folder with the sdist, and the wheel that was built from that sdist."""
    return built(checkout)


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    """Return the wheel."""
    [found] = distributions.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment with the wheel and its declared dependencies, no more."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    program = folder / "bin" / "python"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--python", str(program), "install", "--quiet"),
            *("--no-index", "--no-deps", str(wheel)),
        ],
        check=True,
    )
    [packages] = folder.glob("lib/python*/site-packages")
    _link_distributions(_required_by(_requirements_in(wheel)), packages)
    return program


def test_the_distributions_hold_every_file_of_the_package(
    checkout: Path, distributions: Path, wheel: Path
) -> None:
    files = {
        path.relative_to(checkout).as_posix()
        for path in (checkout / "django_es_admin").rglob("*")
        if path.is_file()
    }
    [sdist] = distributions.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    in_wheel = set(zipfile.ZipFile(wheel).namelist())

    assert {"django_es_admin/py.typed", "django_es_admin/__init__.py"} <= files
    assert any(name.endswith(".html") for name in files)
    assert files - in_wheel == set()
    assert files - in_sdist == set()
    assert "LICENSE" in in_sdist
    assert {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.*")} <= in_sdist
    assert {name for name in in_wheel if not name.startswith("django_es_admin")} == set()


@pytest.mark.slow
@pytest.mark.in_ci
def test_the_dashboard_opens_from_the_wheel(
    python: Path, es: Elasticsearch, tmp_path: Path
) -> None:
    [node] = es.transport.node_pool.all()
    ran = subprocess.run(
        [str(python), "-I", "-W", "error", str(PROJECT)],
        cwd=tmp_path,
        env={"PATH": os.defpath, "ES_URL": node.base_url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout.splitlines()[-1])

    assert Path(answer["package"]).is_relative_to(python.parents[1])
    assert answer["version"] == django_es_admin.__version__
    assert answer["status"] == 200
    assert es.info()["version"]["number"] in answer["page"]


LINK = re.compile(r"!?\[[^]]*\]\(([^)#]*)")


def test_the_description_has_no_link_that_leads_nowhere(wheel: Path) -> None:
    head = _metadata(wheel)
    text = str(head.get_payload())
    assert "# django-es-admin" in text
    assert "```python" in text
    # Without an address of the repository, nothing but the words is left of a link to its files.
    assert head.get_all("Project-URL") is None
    assert all(not target or target.startswith("https://") for target in LINK.findall(text))


def test_the_description_links_to_the_repository_once_it_has_an_address(tmp_path: Path) -> None:
    checkout = copied(tmp_path)
    address = "https://forge.example/team/project"
    declared = (checkout / "setup.cfg").read_text(encoding="utf-8")
    (checkout / "setup.cfg").write_text(
        declared.replace("[metadata]", f"[metadata]\nproject_urls =\n    Source = {address}", 1)
    )
    code = "from setuptools import build_meta; build_meta.prepare_metadata_for_build_wheel('made')"
    (checkout / "made").mkdir()
    subprocess.run([sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True)
    [folder] = (checkout / "made").glob("*.dist-info")
    head = email.message_from_string((folder / "METADATA").read_text(encoding="utf-8"))

    assert head.get_all("Project-URL") == [f"Source, {address}"]
    targets = LINK.findall(str(head.get_payload()))
    assert f"{address}/raw/HEAD/docs/screenshots/dashboard-light.png" in targets
    named = LINK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {name for name in named if name} == {
        re.sub(f"{address}/(raw|blob)/HEAD/", "", target) for target in targets if target
    }
    for name in named:
        assert (ROOT / name).exists()


def _requirements_in(wheel: Path) -> list[Requirement]:
    return [Requirement(line) for line in _metadata(wheel).get_all("Requires-Dist", [])]


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return email.message_from_string(archive.read(name).decode())


def _required_by(requirements: Iterable[Requirement]) -> Iterator[metadata.Distribution]:
    """Give each distribution that these requirements lead to, as it is installed here."""
    waiting = [(requirement, "") for requirement in requirements]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        distribution = metadata.distribution(requirement.name)
        assert distribution.version in requirement.specifier
        yield distribution
        for wanted in {"", *requirement.extras}:
            if (requirement.name, wanted) not in seen:
                seen.add((requirement.name, wanted))
                waiting += [(Requirement(line), wanted) for line in distribution.requires or ()]


def _link_distributions(distributions: Iterable[metadata.Distribution], folder: Path) -> None:
    """Link the files of these distributions into `folder`: dependencies without a network.

    Whatever the package imports but does not declare is missing there.
    """
    for distribution in distributions:
        for top in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
            link = folder / top
            if not link.exists():
                link.symlink_to(Path(str(distribution.locate_file(top))))
