"""Sentences with names and numbers: escaped, each name isolated, numbers in the language."""

import json
import pickle
import re
from copy import deepcopy
from html import unescape
from typing import Any

import pytest
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext_lazy

from django_es_admin.admin.pages.parts.format import filled, shown
from django_es_admin.admin.pages.parts.state import problem_text
from django_es_admin.exceptions import OperationRefused
from django_es_admin.said import Said, said_by, together
from django_es_admin.status.problem import PAGE_TEXTS, TEXTS, Problem

HOSTILE = "<img src=x onerror=alert(1)>'\"&amp;"
HEBREW = "מוצרים-20261121072512-3f9a"


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", [HOSTILE, HEBREW, "%(x)s {y} %s"])
def test_each_problem_isolates_its_names(kind: str, name: str) -> None:
    found: list[str] = []

    class Asked(dict[str, Any]):
        """Has a name for whatever the text asks."""

        def __missing__(self, key: str) -> str:
            found.append(key)
            return name

    said: Any = Problem(kind).sentence
    plain = f"{said % Asked(count=2, minutes=2)}."
    if kind in PAGE_TEXTS:
        # There is a button for the command that a terminal names.
        assert re.search(r"\bes_[a-z]+", Problem(kind, Asked(count=2)).text)
        assert not re.search(r"\bes_[a-z]+", plain)
    found.clear()
    assert said % Asked(count=2, minutes=2)
    facts = {"count": 2, "minutes": 2, **dict.fromkeys(found, name)}
    html = problem_text(Problem(kind, facts))
    assert isinstance(html, SafeString)
    assert unescape(re.sub(r"</?bdi>", "", html)) == plain
    assert "<img" not in html
    assert len(re.findall("<bdi>", html)) == len(found)


@pytest.mark.parametrize("name", [HOSTILE, HEBREW, "%(x)s {y} %s", "%"])
def test_a_refusal_is_text_for_a_terminal_and_isolates_its_names_on_a_page(name: str) -> None:
    said = Said("%(name)s is gone: `manage.py x`.", {"name": name}, page="%(name)s is gone.")
    assert said == f"{name} is gone: `manage.py x`."
    both = together([said, "<Else>."])
    assert both == f"{said} <Else>."
    isolated = escape(name) if name == "%" else f"<bdi>{escape(name)}</bdi>"
    assert shown(both) == f"{isolated} is gone. &lt;Else&gt;."
    assert said_by(OperationRefused(both)) is both
    assert said_by(OperationRefused()) == str(OperationRefused())
    # In records, answers and other processes it is text.
    assert json.loads(json.dumps({"why": both})) == {"why": str(both)}
    for copied in (pickle.loads(pickle.dumps(both)), deepcopy(both)):  # noqa: S301
        assert (type(copied), copied) == (str, str(both))
    assert not together([])


def test_numbers_are_of_the_language_and_choose_the_form() -> None:
    said = {
        count: problem_text(Problem("documents-missing", {"count": count})) for count in (1, 21_302)
    }
    assert said == {1: "1 document is missing.", 21_302: "21,302 documents are missing."}
    with translation.override("de"):
        assert "21.302" in problem_text(Problem("outbox-late", {"count": 21_302, "minutes": 3}))
    # A terminal and a program get digits.
    assert Problem("documents-missing", {"count": 21_302}).text == "21302 documents are missing."


def test_what_is_markup_already_stays() -> None:
    lazy = ngettext_lazy("%(count)s row of %(who)s", "%(count)s rows of %(who)s", "count")
    assert filled(lazy, {"count": 1, "who": mark_safe("<b>a</b>")}) == "1 row of <b>a</b>"
    assert filled(lazy, {"count": 2000, "who": "a<b"}) == "2,000 rows of <bdi>a&lt;b</bdi>"
    assert filled("%(a)s", {"a": "12 %"}) == "12 %"
    assert filled("%(a)s", {"a": None}) == "<bdi>None</bdi>"
