"""Projects made from a page: each block of code is put into the file that its first line names."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import forks

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
# "# shop/models.py", "# mysite/settings.py, at the end", or "<!-- shop/templates/page.html -->".
_PLACE = re.compile(r"(?:#|<!--) (?P<file>[\w/]+\.(?:py|html))(?P<end>, at the end)?(?: -->)?\n")
# Settings that a test adds to those of the page, in a separate module.
OVERRIDES = "settings_of_the_test"


@dataclass(frozen=True)
class Block:
    """One block of code of a page.

    Args:
        file: the file that its first line names; "" if it names none.
        at_end: whether it is appended to that file, instead of being the whole file.
    """

    language: str
    text: str
    file: str = ""
    at_end: bool = False


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page that have a language, unchanged.

    Of a ``diff``, only the result is kept.
    """
    for language, text in _BLOCK.findall(page):
        code = _after(text) if language == "diff" else text
        place = _PLACE.match(code)
        file, at_end = (place["file"], bool(place["end"])) if place else ("", False)
        yield Block(language, code, file, at_end)


def _after(diff: str) -> str:
    kept = (line for line in diff.splitlines(keepends=True) if not line.startswith("-"))
    return "".join(line[1:] for line in kept)


class Project:
    """A folder in which a test follows the steps of a page.

    Args:
        folder: the folder of the project.
        python: the Python interpreter to use.
        environment: the environment variables of its programs, besides the path.
    """

    def __init__(self, folder: Path, python: Path, **environment: str) -> None:
        self.folder = folder
        self._python = python
        self.environment = {
            "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", ""),
            **environment,
        }

    def paste(self, block: Block) -> None:
        """Put a block into its file."""
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") if block.at_end else ""
        path.write_text(f"{before}\n{block.text}" if before else block.text, encoding="utf-8")

    def override(self, settings: str, text: str) -> None:
        """Add settings of a test to the settings of the page.

        Args:
            settings: the settings module of the page.
            text: code that changes the settings.
        """
        (self.folder / f"{OVERRIDES}.py").write_text(
            f"from {settings} import *\n\n{text}\n", encoding="utf-8"
        )
        self.environment["DJANGO_SETTINGS_MODULE"] = OVERRIDES

    def shell(self, command: str) -> str:
        """Run one line of a ``console`` block, with warnings as errors; return its output."""
        return self._run(shlex.split(command))

    def script(self, code: str, *arguments: str) -> str:
        """Run code with Django set up; return its output."""
        start = "import django\ndjango.setup()\n"
        return self._run(["python", "-c", start + code, *arguments])

    def _run(self, words: list[str]) -> str:
        program, *arguments = words
        python = program == "python"
        file = str(self._python.with_name(program))
        if self._python == Path(sys.executable) and program in ("python", "django-admin"):
            # The same, but faster. In another environment, the libraries are not imported yet.
            ran = forks.run(
                arguments if python else [file, *arguments],
                environment=self.environment,
                folder=self.folder,
                warnings="error" if python else "",
                seconds=300,
            )
        else:
            ran = subprocess.run(
                [file, *(["-W", "error"] if python else []), *arguments],
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        said = f"{shlex.join(words)}\n{ran.stdout}{ran.stderr}"
        assert ran.returncode == 0, said
        assert "Ran 0 tests" not in ran.stderr, said
        return ran.stdout
