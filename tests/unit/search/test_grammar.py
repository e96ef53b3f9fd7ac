"""The parser of operators leaves nothing behind, whichever Python makes it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import luqum
import pytest

ROOT = Path(__file__).parents[3]
PARSE = """
import django
django.setup()
from django_es_admin.search.grammar import get_parser
parsed = get_parser().parser.parse("lamp AND -red", lexer=get_parser().lexer.clone())
assert str(parsed) == "lamp AND -red"
print(get_parser().__file__)
"""


@pytest.mark.parametrize("tables", ["of this Python", "of another Python", "missing"])
def test_tables_are_neither_written_nor_announced(tmp_path: Path, tables: str) -> None:
    folder = tmp_path / "luqum"
    shutil.copytree(Path(luqum.__file__).parent, folder)
    if tables == "missing":
        (folder / "parsetab.py").unlink()
    elif tables == "of another Python":
        path = folder / "parsetab.py"
        path.write_text(path.read_text().replace("_lr_signature = '", "_lr_signature = 'other "))
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*")}
    ran = subprocess.run(
        [sys.executable, "-B", "-W", "error", "-c", PARSE],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, (tmp_path, ROOT, ROOT / "example_project"))),
            "DJANGO_SETTINGS_MODULE": "tests.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == (f"{folder / 'parser.py'}\n", "")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.*")} == before
