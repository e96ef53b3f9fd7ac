"""axe on each page, in light and dark: nothing of ours is found."""

import json
from importlib.resources import files

import pytest

from .conftest import OpenPage
from .test_pages import DASHBOARD, PAGES, scene

__all__ = ["scene"]

# What stands in it is ours; the rest of a page is of the admin.
RUN = """
    async () => (
        await axe.run("#content", {resultTypes: ["violations"], preload: false})
    ).violations.flatMap(
        found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 200)}`))
"""


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(open_page: OpenPage, theme: str) -> None:
    program = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    page = open_page(DASHBOARD, color_scheme=theme)
    found: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(path)
        page.evaluate(program)
        # The box of the admin's own lists has an icon for a label.
        violations = [one for one in page.evaluate(RUN) if "searchbar_helptext" not in one]
        if violations:
            found[path] = violations
    assert found == {}, json.dumps(found, indent=1)
