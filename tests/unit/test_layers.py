"""A package imports only from the layers above it, inside functions, too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import django_es_admin

ROOT = Path(django_es_admin.__file__).parent

# From the top of the house to its bottom; a row may use itself and every row above it.
LAYERS = [
    ("", "conf", "exceptions", "faults", "statement"),
    ("backends",),
    ("documents",),
    ("indices",),
    ("models", "migrations"),
    ("outbox.rows",),
    ("outbox.drain",),
    ("outbox.capture",),
    ("outbox",),
    ("operations",),
    ("status",),
    ("lifecycle.generations",),
    ("lifecycle.build",),
    ("lifecycle.aliases",),
    ("lifecycle",),
    ("search",),
    ("tasks", "checks"),
    ("admin", "views", "rest", "import_export", "management", "templatetags"),
    ("test", "dsl"),
]
LEVELS = {name: level for level, names in enumerate(LAYERS) for name in names}
FACES = LEVELS["admin"]
# The two places that wire things together.
WIRING = {"apps.py", "__init__.py"}


def modules() -> Iterator[Path]:
    return (path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).as_posix() not in WIRING)


def part_of(dotted: str) -> str | None:
    """Return the part of the package that a module is in, a room before the package around it.

    None for a module of another package.
    """
    package, _, rest = dotted.partition(".")
    if package != "django_es_admin":
        return None
    first, second = [*rest.split("."), ""][:2]
    return f"{first}.{second}" if f"{first}.{second}" in LEVELS else first


def own_part(path: Path) -> str:
    """Return the part of the package that a file is in."""
    return part_of(".".join(["django_es_admin", *path.relative_to(ROOT).with_suffix("").parts]))


def imported(path: Path) -> Iterator[str]:
    package = ["django_es_admin", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            if source == "django_es_admin":
                # `from django_es_admin import lifecycle` names a part, `connections` does not.
                yield from (
                    f"{source}.{alias.name}" if (ROOT / alias.name).exists() else source
                    for alias in node.names
                )
            else:
                yield source


def test_every_part_has_a_layer() -> None:
    assert {own_part(path) for path in modules()} <= LEVELS.keys()


def test_imports_point_up() -> None:
    wrong = []
    for path in modules():
        own = own_part(path)
        for dotted in imported(path):
            part = part_of(dotted)
            if part is not None and LEVELS.get(part, 0) > LEVELS[own]:
                wrong.append(f"{path.relative_to(ROOT)} imports {dotted}")
    assert wrong == []


def test_the_check_sees_an_import_that_points_down(tmp_path: Path) -> None:
    module = ROOT / "backends" / "health.py"
    assert "django_es_admin.conf" not in set(imported(module))
    assert {"django_es_admin.backends.abstracts"} <= set(imported(module))


# Rooms whose modules may not import each other in circles, not even for types: where one needs the
# type of another, a protocol or a smaller module that both import says what it is.
WITHOUT_CIRCLES = ["documents"]


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
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {str(node.module).removeprefix(f"{prefix}.")}
        elif isinstance(node, ast.Import):
            found |= {alias.name.removeprefix(f"{prefix}.") for alias in node.names}
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


@pytest.mark.parametrize("room", WITHOUT_CIRCLES)
def test_no_imports_in_a_circle(room: str) -> None:
    assert circles(ROOT / room) == []


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
    faces = [path for path in modules() if LEVELS[own_part(path)] == FACES]
    wrong = [
        f"{path.relative_to(ROOT)} imports {dotted}"
        for path in faces
        for dotted in imported(path)
        if dotted.partition(".")[0] in ("elasticsearch", "elastic_transport")
    ]
    assert wrong == []
