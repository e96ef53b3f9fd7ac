"""Projects that are typed in from a page: each block of code goes where its first line says."""

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
# Settings that a test adds to those of the page, in a module of their own.
OVERRIDES = "settings_of_the_test"


@dataclass(frozen=True)
class Block:
    """One block of code of a page.

    Args:
        file: where its first line says that it goes; "" if it says nothing.
        at_end: whether it is added to that file, instead of being all of it.
    """

    language: str
    text: str
    file: str = ""
    at_end: bool = False


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page that name a language, as they stand there.

    Of a ``diff`` only what it leads to is left.
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
    """A folder in which somebody follows a page.

    Args:
        folder: where the project is.
        python: the Python of the environment that it runs in.
        environment: what its programs find in their environment, beside the path.
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
        """Let the programs use the settings of the page, and after them those of a test.

        Args:
            settings: the module that the page has them in.
            text: code that changes them.
        """
        (self.folder / f"{OVERRIDES}.py").write_text(
            f"from {settings} import *\n\n{text}\n", encoding="utf-8"
        )
        self.environment["DJANGO_SETTINGS_MODULE"] = OVERRIDES

    def shell(self, command: str) -> str:
        """Run one line of a ``console`` block, where a warning fails; return what it prints."""
        return self._run(shlex.split(command))

    def script(self, code: str, *arguments: str) -> str:
        """Run code in which Django is set up; return what it prints."""
        start = "import django\ndjango.setup()\n"
        return self._run(["python", "-c", start + code, *arguments])

    def _run(self, words: list[str]) -> str:
        program, *arguments = words
        python = program == "python"
        file = str(self._python.with_name(program))
        if self._python == Path(sys.executable) and program in ("python", "django-admin"):
            # The same, quicker: in another environment nobody has anything imported.
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
