"""A number never meets the plural of a noun without a form for one: "1 document"."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import django_es_admin

ROOT = Path(django_es_admin.__file__).parent
NOUNS = (
    "analyzers bytes changes characters connections copies deletes differences documents fields "
    "generations ghosts hits ids indices keys letters minutes objects operations problems "
    "processes queries ranges replicas requests results rows rules searches sets shards terms "
    "tokens triggers values words workers"
).split()
_NOUN = rf"(?:[a-z]+ ){{0,2}}(?:{'|'.join(NOUNS)})\b(?!/)"
_IN_PYTHON = re.compile(rf"%\((\w+)\)[sd] {_NOUN}")
_IN_TEMPLATE = re.compile(rf"\{{\{{ (\w+) \}}\}} {_NOUN}")
_BLOCK = re.compile(r"{% blocktranslate(.*?)%}(.*?){% endblocktranslate %}", re.DOTALL)
# A number that stands before the translation, be it in an element of its own.
_BETWEEN = r"(?:\s|<[^>]+>|{% (?!translate|blocktranslate)[^%]*%})*"
_BEFORE = re.compile(rf"\|number }}}}{_BETWEEN}{{% translate \"({_NOUN}[^\"]*)\"")
_IN_LOG = re.compile(rf"%[\d,.]*[ds] (?:of the |of its |of all )?{_NOUN}")
_LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
_SINGULAR = {"_", "gettext", "gettext_lazy", "pgettext", "pgettext_lazy"}

# Names of something, limits that are constants above one, and the hits before which others come.
NO_COUNTS = {
    "console.py": {"most"},
    "console.html": {"max_size"},
    "parse.py": {"words"},
    "page.html": {"share"},
    "problem.py": {"name"},
    "sentence.py": {"hits", "longest"},
    "setting.py": {"most"},
    "space.html": {"size"},
    "summary.html": {"limit"},
}


def sentences(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield what is translated without a form for one."""
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in _SINGULAR:
                for text in node.args:
                    if isinstance(text, ast.Constant) and isinstance(text.value, str):
                        yield path, text.value
    for path in sorted(root.rglob("*.html")):
        for options, text in _BLOCK.findall(path.read_text(encoding="utf-8")):
            if " count " not in options:
                yield path, text


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def counted_wrongly(root: Path) -> list[str]:
    return [
        f"{path.name}: {text}"
        for path, text in sentences(root)
        for pattern in (_IN_PYTHON, _IN_TEMPLATE)
        for name in pattern.findall(text)
        if name not in NO_COUNTS.get(path.name, ())
    ]


def placed_wrongly(root: Path) -> list[str]:
    """Return texts of templates that begin with a plural, and stand behind a number."""
    return [
        f"{path.name}: {text}"
        for path in sorted(root.rglob("*.html"))
        for text in _BEFORE.findall(path.read_text(encoding="utf-8"))
    ]


def formatted_wrongly(root: Path) -> list[str]:
    """Return f-strings, which are in English, with a figure before a plural."""
    found = []
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                for figure, text in zip(node.values, node.values[1:], strict=False):
                    if (
                        isinstance(figure, ast.FormattedValue)
                        and isinstance(text, ast.Constant)
                        and re.match(rf" {_NOUN}", str(text.value))
                        and figure.conversion == -1
                        and not _is_fixed(figure.value)
                    ):
                        found.append(f"{path.name}: {ast.unparse(node)}")
    return found


def logged_wrongly(root: Path) -> list[str]:
    """Return messages of logs, which are in English, with a figure before a plural."""
    return [
        f"{path.name}: {text.value}"
        for path in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _name(node.func) in _LEVELS
        for text in node.args[:2]
        if isinstance(text, ast.Constant) and isinstance(text.value, str)
        if _IN_LOG.search(text.value)
    ]


def _is_fixed(value: ast.expr) -> bool:
    """Whether a value is a constant, or a word and no number."""
    text = ast.unparse(value)
    if text.isupper() or text.startswith("MAX_") or text.endswith(".__name__"):
        return True
    return isinstance(value, (ast.Call, ast.IfExp)) and "len(" not in text


def test_a_translated_sentence_has_a_form_for_one() -> None:
    assert counted_wrongly(ROOT) + placed_wrongly(ROOT) == []


def test_a_sentence_of_a_command_has_a_form_for_one() -> None:
    assert formatted_wrongly(ROOT) == []


def test_a_message_of_a_log_has_a_form_for_one() -> None:
    assert logged_wrongly(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("a.py", '_("%(n)s documents were written")', True),
        ("a.py", 'gettext_lazy("of %(n)d old rows")', True),
        ("a.py", 'ngettext("%(n)s document", "%(n)s documents", n)', False),
        ("a.py", 'f"{n:,} of the rows"', True),
        ("a.py", 'f"{len(rows)} rows"', True),
        ("a.py", 'f"{MOST} rows"', False),
        ("a.py", 'logger.warning("%d searches were not noted: %s.", len(batch), why)', True),
        ("a.py", 'log.log(level, "Of %s old rows", count)', True),
        ("a.py", 'logger.info("%d of the objects stay", count)', True),
        ("a.py", 'logger.info("%s not noted", many(count, "row was", "rows were"))', False),
        (
            "a.html",
            "{% blocktranslate trimmed with n=n %}{{ n }} hits{% endblocktranslate %}",
            True,
        ),
        ("a.html", "{% blocktranslate count n=n %}{{ n }} hits{% endblocktranslate %}", False),
        (
            "a.html",
            '{{ n|number }}{% if n %} <b>{% translate "old rows" %}</b>{% endif %}',
            True,
        ),
        ("a.html", '{{ n|number }}</td><td>{% translate "of all" %}', False),
    ],
)
def test_what_the_tests_find(tmp_path: Path, name: str, text: str, wrong: bool) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = counted_wrongly(tmp_path) + placed_wrongly(tmp_path) + formatted_wrongly(tmp_path)
    found += logged_wrongly(tmp_path)
    assert bool(found) is wrong
