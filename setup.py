"""Makes the README what PyPI shows: its links are of this repository, and PyPI has no such files.

All else that setuptools needs is in setup.cfg.
"""

import re
from configparser import ConfigParser
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
# A link or a picture, but for those that have a scheme or stay on the page.
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!\w+:|#)([^)]+)\)")


def source() -> str:
    """Return the public address of the repository, as setup.cfg has it; "" if it has none."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config.get("metadata", "project_urls", fallback="").splitlines()
    urls = dict(re.split(r"\s*=\s*", line.strip(), maxsplit=1) for line in lines if "=" in line)
    return urls.get("Source", "").rstrip("/")


def description(text: str, address: str) -> str:
    """Return the README with links to ``address``, or without what leads nowhere if it is empty."""

    def absolute(link: re.Match[str]) -> str:
        picture, words, target = link.groups()
        if not address:
            return "" if picture else words
        return f"{picture}[{words}]({address}/{'raw' if picture else 'blob'}/HEAD/{target})"

    return LINK.sub(absolute, text)


readme = (ROOT / "README.md").read_text(encoding="utf-8")
setup(long_description=description(readme, source()))
