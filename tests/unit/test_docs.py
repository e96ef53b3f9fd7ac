"""The documentation tells the truth: what it names exists, and what exists is named."""

import ast
import json
import pkgutil
import re
import types
from argparse import Action
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from django.core import checks
from django.core.management.base import BaseCommand

import django_es_admin
from django_es_admin.admin import ElasticsearchSearchMixin
from django_es_admin.admin.mixins.options import SearchOptionsMixin
from django_es_admin.admin.rights import IndexRights, Verb
from django_es_admin.backends import elasticsearch
from django_es_admin.backends.settings import configuration, validation
from django_es_admin.checks import TAG
from django_es_admin.conf import Options
from django_es_admin.management import cancelling, commands
from django_es_admin.management.command import ElasticsearchCommand, Exit
from django_es_admin.management.commands import (
    es_judge,
    es_preview,
    es_reindex,
    es_synonyms,
    es_update_mapping,
)
from django_es_admin.management.printed import (
    operations_json,
    rebuild_json,
    status_json,
    verify_json,
    why_json,
)
from django_es_admin.models import Connection, Index, Judgement, LoggedSearch, Promotion, Synonym
from django_es_admin.search import FacetedSearchService, SearchService
from django_es_admin.search.site.declaration import SearchDeclaration
from django_es_admin.test import pytest_plugin

PACKAGE = Path(django_es_admin.__file__).parent
ROOT = PACKAGE.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

# Command -> what its JSON example is made from, or for one object per line, event -> what it is.
DOCUMENTS: dict[str, Any] = {
    "es_cancel": cancelling.CancelDocument,
    "es_create": operations_json.CreateDocument,
    "es_delete": operations_json.DeleteDocument,
    "es_drain": operations_json.DrainDocument,
    "es_judge": es_judge.JudgeDocument,
    "es_preview": es_preview.PreviewDocument,
    "es_prune": operations_json.PruneDocuments,
    "es_rebuild": {
        "plan": rebuild_json.PlanEvent,
        "progress": rebuild_json.ProgressEvent,
        "done": rebuild_json.DoneEvent,
        "queued": rebuild_json.QueuedEvent,
        "unchanged": rebuild_json.UnchangedEvent,
        "failed": rebuild_json.FailedEvent,
    },
    "es_reindex": es_reindex.ReindexDocument,
    "es_rollback": operations_json.SwapDocument,
    "es_status": status_json.StatusDocument,
    "es_swap_alias": operations_json.SwapDocument,
    "es_synonyms": es_synonyms.SynonymsDocument,
    "es_update_mapping": es_update_mapping.MappingsDocument,
    "es_triggers": operations_json.TriggersDocument,
    "es_verify": verify_json.VerifyDocument,
    "es_why": why_json.WhyDocument,
}
FIXTURES = [
    name
    for name, value in vars(pytest_plugin).items()
    if type(value).__name__ == "FixtureFunctionDefinition" and not name.startswith("_")
]
ENVIRONMENT = {"ES_URL"}
SETTINGS = {"ES_SERVERS", "ES_INDICES", "ES_ADMIN"}


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    _, _, rest = text.partition(f"\n## `{heading}`\n")
    assert rest, f"no section {heading}"
    return rest.partition("\n## ")[0]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables of a text, the headers left out."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `"):
            yield cells


def code(cell: str) -> str:
    """Return the text between the first pair of backticks."""
    return cell.split("`")[1]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.S)


@cache
def command(name: str) -> ElasticsearchCommand:
    made = import_module(f"{commands.__name__}.{name}").Command()
    assert isinstance(made, ElasticsearchCommand)
    return made


def actions(name: str) -> list[Action]:
    parser = command(name).create_parser("manage.py", name)
    return parser._actions


def options(name: str) -> set[str]:
    return {option for action in actions(name) for option in action.option_strings}


DJANGOS = {
    option
    for action in BaseCommand().create_parser("manage.py", "x")._actions
    for option in action.option_strings
}


def common(name: str) -> set[str]:
    """Return the options that stand above all commands, those of other commands left out."""
    intro = page("commands.md").partition("\n## ")[0]
    others = set() if command(name).records else {"--note"}
    return {code(cells[0]).split()[0] for cells in rows(intro)} - others | {"--noinput"}


# Commands


def test_each_command_has_a_section_and_each_section_a_command() -> None:
    headings = re.findall(r"^## `(\w+)`$", page("commands.md"), re.M)
    assert sorted(headings) == COMMANDS
    assert sorted(DOCUMENTS) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_of_a_command(name: str) -> None:
    own = {code(cells[0]).split()[0] for cells in rows(section(page("commands.md"), name))}
    assert own | common(name) == options(name) - DJANGOS


def test_which_commands_record_an_operation() -> None:
    (line,) = re.findall(r"^These are (`es_create`.*?)\.$", page("commands.md"), re.M | re.S)
    assert set(re.findall(r"`(\w+)`", line)) == {n for n in COMMANDS if command(n).records}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_values_that_options_take(name: str) -> None:
    text = page("commands.md").partition("\n## ")[0] + section(page("commands.md"), name)
    given = dict.fromkeys(DJANGOS)
    for cells in rows(text):
        option, _, value = code(cells[0]).partition(" ")
        given[option] = value
    for action in actions(name):
        if action.option_strings and action.option_strings[0] not in DJANGOS:
            assert given[action.option_strings[0]] == (action.metavar or "")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_arguments_of_a_command(name: str) -> None:
    (usage, *_others) = blocks(section(page("commands.md"), name), "")
    positional = [
        f" [{action.metavar}…]" if action.nargs == "*" else f" {action.metavar}"
        for action in actions(name)
        if not action.option_strings
    ]
    assert usage.strip() == f"manage.py {name}{''.join(positional)}"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_exit_codes_of_a_command(name: str) -> None:
    said = command(name).exit_codes
    assert f"\nExit codes: {said}\n" in section(page("commands.md"), name)
    assert {int(number) for number in re.findall(r"\b\d+\b", said)} <= set(Exit)


def test_all_exit_codes_are_explained() -> None:
    (said,) = re.findall(r"\*\*Exit codes\*\* are (.*?)\. ", page("commands.md"), re.S)
    assert {int(number) for number in re.findall(r"\b\d+\b", said)} == set(Exit)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_json_of_a_command(name: str) -> None:
    text = section(page("commands.md"), name)
    if isinstance(DOCUMENTS[name], dict):
        lines = [json.loads(line) for block in blocks(text, "jsonl") for line in block.splitlines()]
        assert [line["event"] for line in lines] == list(DOCUMENTS[name])
        for line in lines:
            compare(line, DOCUMENTS[name][line["event"]])
    else:
        (block,) = blocks(text, "json")
        compare(json.loads(block), DOCUMENTS[name])


def test_the_outcomes_of_es_create() -> None:
    text = section(page("commands.md"), "es_create")
    assert all(f"`{outcome}`" in text for outcome in get_args(operations_json.Outcome))


def compare(value: Any, kind: Any) -> None:
    """Compare an example with the type that it is an example of."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        assert list(value) == [field.name for field in fields(kind)]
        for name, inner in value.items():
            compare(inner, hints[name])
    elif get_origin(kind) in (Union, types.UnionType):
        if value is None:
            assert types.NoneType in get_args(kind)
        else:
            (other,) = (one for one in get_args(kind) if one is not types.NoneType)
            compare(value, other)
    elif get_origin(kind) is Literal:
        assert value in get_args(kind)
    elif get_origin(kind) is tuple:
        assert isinstance(value, list)
        for inner in value:
            compare(inner, get_args(kind)[0])
    elif kind in (str, int, bool, float):
        assert isinstance(value, kind)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_commands_and_their_options_that_a_page_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\bes_[a-z_]+\b", text)) <= {*COMMANDS, *FIXTURES}
    for name, rest in re.findall(r"\b(es_[a-z_]+)\b([^`\n]*)", text):
        given = set(re.findall(r"(?<=\s)--[a-z-]+", rest))
        assert given <= (set() if name in FIXTURES else options(name))


# Settings


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_settings_that_a_page_names(path: Path) -> None:
    assert set(re.findall(r"\bES_[A-Z]+\b", path.read_text())) <= SETTINGS | ENVIRONMENT


def test_the_page_has_each_setting() -> None:
    assert re.findall(r"^## `(\w+)`$", page("settings.md"), re.M) == [
        "ES_SERVERS",
        "ES_INDICES",
        "ES_ADMIN",
    ]


def table(heading: str) -> dict[str, Any]:
    """Return key -> default of the table of one setting."""
    text = section(page("settings.md"), heading)
    found = [cells for cells in rows(text) if len(cells) == 3]
    return {code(key): ast.literal_eval(code(default)) for key, default, _ in found}


def test_the_keys_of_connections_and_indices() -> None:
    assert table("ES_SERVERS") == configuration.SERVER_DEFAULTS
    assert table("ES_INDICES") == configuration.INDEX_DEFAULTS


def test_the_old_names_of_parameters() -> None:
    text = section(page("settings.md"), "ES_SERVERS")
    names = {
        code(old): code(new) for old, new in (cells for cells in rows(text) if len(cells) == 2)
    }
    assert names == configuration._PARAM_NAMES


def test_the_defaults_and_colours_that_the_text_names() -> None:
    text = section(page("settings.md"), "ES_SERVERS")
    assert elasticsearch.DEFAULT_PARAMS == {"request_timeout": 10}
    assert "a request has 10 seconds (`request_timeout`)" in text
    (colors,) = (meaning for key, _, meaning in _three(text) if code(key) == "COLOR")
    assert tuple(re.findall(r"[a-z]+", colors.partition(": ")[2].replace(" or ", " "))) == (
        validation.COLORS
    )


def _three(text: str) -> list[list[str]]:
    return [cells for cells in rows(text) if len(cells) == 3]


def test_the_options_with_their_defaults_and_meanings() -> None:
    assert table("ES_ADMIN") == {field.name.upper(): field.default for field in fields(Options)}
    meanings = {
        code(key): text for key, _, text in _three(section(page("settings.md"), "ES_ADMIN"))
    }
    assert meanings == docstrings()


def docstrings() -> dict[str, str]:
    """Return option -> the docstring below it."""
    tree = ast.parse((PACKAGE / "conf.py").read_text(encoding="utf-8"))
    (body,) = (
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Options"
    )
    return {
        option.target.id.upper(): " ".join(ast.literal_eval(text.value).split()).replace("``", "`")
        for option, text in pairwise(body)
        if isinstance(option, ast.AnnAssign) and isinstance(option.target, ast.Name)
        if isinstance(text, ast.Expr)
    }


# Search


def test_the_options_of_the_search() -> None:
    listed = {code(cells[0]): cells[1] for cells in _three(page("search.md"))}
    own = {name for name in vars(SearchOptionsMixin) if not name.startswith("_")}
    assert set(listed) - {"search_fields"} == {
        name for name in own if not callable(getattr(ElasticsearchSearchMixin, name))
    }
    for name, default in listed.items():
        if default.startswith("`"):
            assert ast.literal_eval(code(default)) == getattr(ElasticsearchSearchMixin, name)


def test_the_hooks_of_the_search() -> None:
    hooks = re.findall(r"`(get_search\w+|get_\w+_search_fields)\(", page("search.md"))
    assert hooks
    assert all(callable(getattr(ElasticsearchSearchMixin, hook)) for hook in hooks)


def test_what_a_search_service_declares() -> None:
    text = section_named(page("site-search.md"), "What a service declares")
    listed = {code(cells[0]): cells[1] for cells in _three(text)}
    classes = (SearchDeclaration, FacetedSearchService)
    declared = {name for kind in classes for name in kind.__annotations__}
    assert set(listed) == declared
    for name, default in listed.items():
        if default.startswith("`"):
            assert ast.literal_eval(code(default)) == getattr(FacetedSearchService, name)


def test_what_a_search_service_answers() -> None:
    methods = re.findall(r"^\| `(\w+)\(", page("site-search.md"), re.M)
    public = {name for name in vars(SearchService) if callable(getattr(SearchService, name))}
    assert set(methods) <= {name for name in public if name[0] != "_"} | {"search_with_facets"}
    assert len(methods) == 6


# Checks


def ids_in_code() -> set[str]:
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        found |= set(re.findall(r'"([EWI]\d{3})"', path.read_text(encoding="utf-8")))
    return {f"elasticsearch.{number}" for number in found}


def test_each_check_is_listed_once() -> None:
    listed = [code(cells[0]) for cells in rows(page("checks.md"))]
    assert listed == sorted(set(listed))
    assert set(listed) == ids_in_code()
    assert all(len(cells) == 3 and all(cells) for cells in rows(page("checks.md")))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_check_ids_that_a_page_names(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert set(re.findall(r"\belasticsearch\.[EWI]\d+", text)) <= ids_in_code()
    numbers = {f"elasticsearch.{number}" for number in re.findall(r"\b[EWI]\d{3}\b", text)}
    assert numbers <= ids_in_code()


def test_the_tag_of_the_checks() -> None:
    assert f"check --tag {TAG}`" in page("checks.md")
    assert checks.registry.registry.tag_exists(TAG)


# Test support


def test_the_fixtures_of_the_plugin() -> None:
    _, _, text = page("testing.md").partition("| fixture |")
    assert [code(cells[0]) for cells in rows(text)] == FIXTURES


# Rights


def test_the_rights_and_the_hooks() -> None:
    given = {
        f"elasticsearch.{codename}"
        for model in (Connection, Index, LoggedSearch, Judgement, Promotion, Synonym)
        for codename in (
            *(f"{action}_{model._meta.model_name}" for action in model._meta.default_permissions),
            *(codename for codename, _title in model._meta.permissions),
        )
    }
    assert {code(cells[0]) for cells in rows(section_named(page("pages.md"), "Rights"))} == given
    hooks = {name for name in vars(IndexRights) if name.startswith("has_")}
    assert set(re.findall(r"`(has_\w+)`", page("pages.md"))) == hooks
    assert {code(cells[-1]) for cells in operations()} == set(get_args(Verb))


def operations() -> Iterator[list[str]]:
    """Yield the cells of the table of operations."""
    for line in section_named(page("pages.md"), "Operations").splitlines():
        if line.startswith("| *"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def section_named(text: str, heading: str) -> str:
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


# Links


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_between_pages(path: Path) -> None:
    for target in re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target
