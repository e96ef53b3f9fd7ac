"""What ends, ends in one place: no other writes a final state, a role or a time of an end."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import django_es_admin

ROOT = Path(django_es_admin.__file__).parent

# What is written -> the module that may write it.
OWNERS = {
    "ended_at": "models/operation.py",
    "State.DONE": "models/operation.py",
    "State.FAILED": "models/operation.py",
    "State.CANCELLED": "models/operation.py",
    "Role.FAILED": "models/generation.py",
    "Role.RETIRED": "lifecycle/generations/standby.py",
    "Role.STANDBY": "lifecycle/generations/standby.py",
}
# These make or change a row; others read: filter(), exclude().
WRITERS = {"update", "create", "get_or_create", "update_or_create", "bulk_create", "Operation"}


def written(tree: ast.Module) -> Iterator[str]:
    """Return what a module writes: the names of columns, and the states and roles of rows."""
    for node in ast.walk(tree):
        for name, value in assigned(node):
            if name in ("state", "role"):
                yield from constants(value)
            else:
                yield name


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """Return the columns that a statement or an expression gives a value to."""
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((one.attr, node.value) for one in targets if isinstance(one, ast.Attribute))
    elif isinstance(node, ast.Call) and called(node) in WRITERS:
        yield from ((each.arg, each.value) for each in node.keywords if each.arg)
    elif isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        yield from ((str(k.value), value) for k, value in pairs if isinstance(k, ast.Constant))


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def constants(value: ast.expr | None) -> Iterator[str]:
    """Return the states and roles that a value may be, each with its class: ``State.DONE``."""
    for node in ast.walk(value) if value else ():
        if isinstance(node, ast.Attribute):
            kind = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            kind = kind or getattr(node.value, "id", "").lstrip("_")
            yield f"{kind}.{node.attr}"


def strangers(root: Path) -> list[str]:
    return sorted(
        f"{path.relative_to(root)} writes {name}"
        for path in root.rglob("*.py")
        if "migrations" not in path.parts
        for name in set(written(ast.parse(path.read_text(encoding="utf-8"))))
        if name in OWNERS and path.relative_to(root).as_posix() != OWNERS[name]
    )


def test_each_end_has_one_owner() -> None:
    assert strangers(ROOT) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("row.state = Operation.State.FAILED", "State.FAILED"),
        ("row.state = State.DONE if done else State.CANCELLED", "State.DONE"),
        ("row.ended_at = now", "ended_at"),
        ("rows.filter(pk=1).update(ended_at=now)", "ended_at"),
        ("rows.update(role=_Role.FAILED, error='gone')", "Role.FAILED"),
        ("values = {'role': Generation.Role.RETIRED}", "Role.RETIRED"),
        ("Operation(kind=kind, state=Operation.State.DONE)", "State.DONE"),
    ],
)
def test_a_stranger_is_found(tmp_path: Path, line: str, found: str) -> None:
    (tmp_path / "stranger.py").write_text(line)
    assert f"stranger.py writes {found}" in strangers(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "rows.filter(role=_Role.FAILED)",
        "operation.finish(Operation.State.FAILED, error)",
        "row.state = Operation.State.RUNNING",
    ],
)
def test_who_asks_or_finishes_is_no_stranger(tmp_path: Path, line: str) -> None:
    (tmp_path / "reader.py").write_text(line)
    assert strangers(tmp_path) == []
