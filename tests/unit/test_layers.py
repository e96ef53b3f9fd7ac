"""A package imports only from the layers above it, inside functions, too."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import django_es_admin

ROOT = Path(django_es_admin.__file__).parent

# From the top of the house to its bottom; a row may use itself and every row above it.
LAYERS = [
    (
        "",
        "clock",
        "conf",
        "counted",
        "exceptions",
        "faults",
        "incidents",
        "normal",
        "said",
        "statement",
    ),
    ("backends.settings",),
    ("backends.guard",),
    ("backends.transport",),
    ("backends",),
    ("documents.written",),
    ("documents.described",),
    ("documents.reading",),
    ("documents",),
    ("indices",),
    ("indices.inspection",),
    ("models", "migrations"),
    ("outbox.rows",),
    ("outbox.objects",),
    ("outbox.drain",),
    ("outbox.drainers",),
    ("outbox.triggers",),
    ("outbox.capture",),
    ("outbox",),
    ("operations",),
    ("status",),
    ("lifecycle.generations",),
    ("lifecycle.build",),
    ("lifecycle.aliases",),
    ("lifecycle.verify",),
    ("lifecycle",),
    ("search.text",),
    ("search.querysets",),
    ("search.operators",),
    ("search",),
    ("search.site.visitor",),
    ("search.site.answer",),
    ("search.site",),
    ("insight",),
    ("tasks", "checks"),
    ("management.printed",),
    ("admin", "views", "rest", "management"),
    ("admin.mixins.asking", "admin.mixins.rows", "admin.pages.parts"),
    ("import_export", "admin.pages.operations"),
    ("admin.mixins", "admin.pages.index", "admin.pages.overview"),
    ("admin.pages", "templatetags"),
    ("test", "dsl"),
]
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
FACES = {"admin", "views", "rest", "import_export", "management", "templatetags"}
# What wires things together, and the doors to what projects import of a package.
WIRING = {
    "apps.py",
    "__init__.py",
    "admin/__init__.py",
    "admin/registration.py",
    "search/__init__.py",
}


def modules(root: Path = ROOT) -> Iterator[Path]:
    return (path for path in root.rglob("*.py") if path.relative_to(root).as_posix() not in WIRING)


def part_of(dotted: str) -> str | None:
    """Return the part of the package that a module is in, a room before what is around it.

    None for a module of another package.
    """
    package, _, rest = dotted.partition(".")
    if package != "django_es_admin":
        return None
    names = rest.split(".")
    prefixes = (".".join(names[:length]) for length in range(len(names), 1, -1))
    return next((room for room in prefixes if room in LEVELS), names[0])


def own_part(path: Path, root: Path = ROOT) -> str:
    """Return the part of the package that a file is in."""
    part = part_of(".".join(["django_es_admin", *path.relative_to(root).with_suffix("").parts]))
    assert part is not None
    return part


def imported(path: Path, root: Path = ROOT) -> Iterator[str]:
    """Return what a module imports: also a module that is named after ``import``."""
    package = ["django_es_admin", *path.relative_to(root).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            source = [*base, *(node.module.split(".") if node.module else [])]
            folder = root.joinpath(*source[1:])
            for alias in node.names:
                # `from django_es_admin import lifecycle` names a part, `connections` does not.
                named = (folder / alias.name).is_dir() or (folder / f"{alias.name}.py").exists()
                ours = source[:1] == ["django_es_admin"]
                yield ".".join([*source, alias.name] if ours and named else source)


def unknown_parts(root: Path) -> set[str]:
    return {own_part(path, root) for path in modules(root)} - LEVELS.keys()


def wrong_imports(root: Path) -> list[str]:
    """Return what imports from a layer below its own, or from where there is none."""
    wrong = []
    for path in modules(root):
        own = LEVELS.get(own_part(path, root), len(LAYERS))
        for dotted in imported(path, root):
            part = part_of(dotted)
            if part is not None and LEVELS.get(part, len(LAYERS) + 1) > own:
                wrong.append(f"{path.relative_to(root)} imports {dotted}")
    return sorted(set(wrong))


def elasticsearch_in_faces(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)} imports {dotted}"
        for path in modules(root)
        if own_part(path, root).partition(".")[0] in FACES
        for dotted in imported(path, root)
        if dotted.partition(".")[0] in ("elasticsearch", "elastic_transport")
    ]


def test_every_part_has_a_layer_and_every_layer_a_part() -> None:
    assert unknown_parts(ROOT) == set()
    parts = {own_part(path) for path in modules()} | {""}
    assert LEVELS.keys() - parts == set()


def test_imports_point_up() -> None:
    assert wrong_imports(ROOT) == []


@pytest.mark.parametrize(
    "room", sorted(name for name in LEVELS if name and (ROOT / name.replace(".", "/")).is_dir())
)
def test_a_room_says_what_belongs_there_and_what_does_not(room: str) -> None:
    said = ast.get_docstring(ast.parse((ROOT / room.replace(".", "/") / "__init__.py").read_text()))
    sentences = [each for each in re.split(r"[.;](?:\s|$)", said or "") if each.strip()]
    assert room in ("migrations", "templatetags") or len(sentences) >= 2


# Modules of a room may not import each other in circles, not even for types: where one needs the
# type of another, a protocol or a smaller module that both import says what it is.
ROOMS = sorted({path.parent for path in ROOT.rglob("*.py")})


def neighbours(path: Path) -> set[str]:
    """Return the names of what a module imports of its own room, for types only, too."""
    found: set[str] = set()
    inside = path.parent.parts
    prefix = ".".join(inside[len(ROOT.parent.parts) :])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module == prefix:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{prefix}."):
            found |= {str(node.module).removeprefix(f"{prefix}.")}
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix(f"{prefix}.")
                for alias in node.names
                if alias.name.startswith(f"{prefix}.")
            }
    return {name.partition(".")[0] for name in found}


def circles(room: Path) -> list[str]:
    """Return the modules of a folder that lead back to themselves."""
    modules = {path.stem: path for path in room.glob("*.py") if path.name != "__init__.py"}
    imports = {name: neighbours(path) & modules.keys() for name, path in modules.items()}

    def reach(name: str) -> set[str]:
        found: set[str] = set()
        beyond = set(imports[name])
        while beyond:
            found |= beyond
            beyond = {inner for other in beyond for inner in imports[other]} - found
        return found

    return sorted(name for name in imports if name in reach(name))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.relative_to(ROOT).as_posix())
def test_no_imports_in_a_circle(room: Path) -> None:
    assert circles(room) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("from .other import Other", "from . import one"),
        ("from . import other", "from .one import ONE"),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .other import Other",
            "def later():\n    from .one import ONE",
        ),
        ("from .between import two", "from . import one"),
        ("from .one import itself", "import os"),
    ],
)
def test_the_check_sees_a_circle(tmp_path: Path, one: str, other: str) -> None:
    room = tmp_path
    (room / "one.py").write_text(one)
    (room / "other.py").write_text(other)
    (room / "between.py").write_text("from .other import Other")
    assert "one" in circles(room)
    (room / "one.py").write_text("from django.db import models")
    assert circles(room) == []


def test_faces_know_no_elasticsearch() -> None:
    assert elasticsearch_in_faces(ROOT) == []


# --- that these checks can fail ---

House = Callable[[str, str], Path]


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a function that builds a package of ours with one import in one module."""

    def build(module: str, line: str) -> Path:
        for name in (name for names in LAYERS for name in names if name):
            folder = tmp_path.joinpath(*name.split("."))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "__init__.py").touch()
        (tmp_path / "tasks").rename(tmp_path / "packaged_tasks")
        (tmp_path / "packaged_tasks" / "__init__.py").rename(tmp_path / "tasks.py")
        (tmp_path / "packaged_tasks").rmdir()
        (tmp_path / module).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / module).write_text(f"{line}\n")
        return tmp_path

    return build


@pytest.mark.parametrize(
    ("module", "line", "found"),
    [
        ("backends/bad.py", "from ..lifecycle.swap import swap", "lifecycle.swap"),
        ("backends/guard/bad.py", "from ..health import probe", "backends.health"),
        ("backends/bad.py", "from .. import lifecycle", "lifecycle"),
        ("backends/bad.py", "from .. import tasks", "tasks"),
        ("backends/bad.py", "import django_es_admin.search.page", "search.page"),
        ("backends/bad.py", "from django_es_admin import search", "search"),
        ("backends/bad.py", "def f():\n    from ..search import page", "search"),
        ("backends/deep/bad.py", "from ...admin import pages", "admin.pages"),
        ("conf.py", "from .backends import health", "backends"),
        ("outbox/rows/bad.py", "from ..capture import record", "outbox.capture"),
        ("outbox/rows/bad.py", "from .. import drain", "outbox.drain"),
        ("outbox/drain/bad.py", "from ..drainers.worker import Worker", "outbox.drainers.worker"),
        ("lifecycle/build/bad.py", "from ..aliases.target import find", "lifecycle.aliases.target"),
        ("search/bad.py", "from ..admin.forms import Form", "admin.forms"),
        ("search/bad.py", "from ..test import runner", "test"),
        ("search/bad.py", "from ..nowhere import thing", "nowhere"),
        ("admin/mixins/rows/bad.py", "from ..search import Search", "admin.mixins.search"),
        ("search/text/deep/bad.py", "from ...site import service", "search.site"),
        ("nowhere/bad.py", "from ..nowhere.other import thing", "nowhere.other"),
    ],
)
def test_an_import_that_points_down_is_found(
    house: House, module: str, line: str, found: str
) -> None:
    assert wrong_imports(house(module, line)) == [f"{module} imports django_es_admin.{found}"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("search/good.py", "from ..outbox.capture import record"),
        ("search/good.py", "from .. import connections, outbox"),
        ("search/good.py", "from .page import Page"),
        ("search/good.py", "from elasticsearch import Elasticsearch"),
        ("lifecycle/good.py", "from .build import load"),
        ("test/good.py", "from ..admin import pages"),
    ],
)
def test_an_import_that_points_up_is_not(house: House, module: str, line: str) -> None:
    assert wrong_imports(house(module, line)) == []


@pytest.mark.parametrize("module", ["nowhere.py", "nowhere/__init__.py", "nowhere/deep/bad.py"])
def test_a_part_that_has_no_layer_is_found(house: House, module: str) -> None:
    assert unknown_parts(house(module, "")) == {"nowhere"}


def test_an_elasticsearch_in_a_face_is_found(house: House) -> None:
    root = house("admin/pages/bad.py", "from elasticsearch.dsl import Search")
    assert elasticsearch_in_faces(root) == ["admin/pages/bad.py imports elasticsearch.dsl"]
    root = house("search/good.py", "import elastic_transport")
    assert len(elasticsearch_in_faces(root)) == 1
