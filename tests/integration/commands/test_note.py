"""``--note``: why somebody did it, kept with the operation."""

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import reverse

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation
from django_es_admin.operations.acting import MAX_NOTE, acting, note_left
from tests.integration.admin.visitors import visitor
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products
from tests.live import make_live

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "for the new <analyzer>"
COMMANDS: dict[str, tuple[str, ...]] = {
    "es_create": ("create",),
    "es_rebuild": ("rebuild",),
    "es_update_mapping": ("update",),
    "es_reindex": ("reindex", "--all"),
    "es_verify": ("verify",),
    "es_rollback": ("rollback",),
    "es_swap_alias": ("swap",),
    "es_prune": ("prune",),
    "es_delete": ("delete",),
}

# What some of them need more than a live index: one to go back to, and one to delete.
REBUILDS = {"es_rollback": 1, "es_swap_alias": 1, "es_prune": 2}


def recording() -> set[str]:
    """Return the names of the commands that take a note."""
    ours = [name for name, app in get_commands().items() if app == "django_es_admin"]
    return {name for name in ours if load_command_class("django_es_admin", name).records}


def test_each_kind_of_operation_has_a_command_with_a_note() -> None:
    assert recording() == COMMANDS.keys()
    on_pages_alone = {"refresh", "drain", "preview"}
    # `es_synonyms` changes nothing that is not in rows, which have a history of their own.
    others = on_pages_alone | {"synonyms"}
    assert {kind for kind, *_ in COMMANDS.values()} == set(Operation.Kind.values) - others


@pytest.mark.few(4)
@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "es_update_mapping"])
def test_a_note(run: Run, definition: IndexDefinition, name: str) -> None:
    kind, *options = COMMANDS[name]
    make_products(2)
    if name != "es_create":
        make_live(definition)
        for _ in range(REBUILDS.get(name, 0)):
            rebuild(plan_rebuild(definition))
        Generation.objects.filter(role="retired").update(retired_at="2020-01-01T00:00:00Z")
    if name == "es_swap_alias":
        options += ["--to", Generation.objects.get(role="standby").name]
    done = run(name, INDEX, *options, "--note", NOTE, interactive=False)
    assert done.code == 0, done
    operation = Operation.objects.latest("pk")
    assert (operation.kind, operation.details["note"]) == (kind, NOTE)
    client = visitor(superuser=True)
    for page in (
        reverse("admin:elasticsearch_operation_changelist"),
        reverse("admin:elasticsearch_index_operations", args=[f"default_3A{INDEX}"]),
        reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"]),
    ):
        assert "for the new &lt;analyzer&gt;" in client.get(page).content.decode()


def test_without_a_note(run: Run, definition: IndexDefinition) -> None:
    assert run("es_create", INDEX).code == 0
    assert "note" not in Operation.objects.latest("pk").details


def test_one_that_is_too_long(run_program: Run, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_program("es_create", INDEX, "--note", "x" * (MAX_NOTE + 1))
    assert (done.code, "give at most 200 characters" in capsys.readouterr().err) == (1, True)
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        ("  one\r\ntwo\t ", "one two"),
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("half a character: \udcff", "half a character:"),
        ("x" * 300, "x" * MAX_NOTE),
        ("\u05e2\u05d1\u05e8\u05d9\u05ea \u200f!", "\u05e2\u05d1\u05e8\u05d9\u05ea \u200f!"),
        ("\0", ""),
    ],
)
def test_what_a_database_can_keep(run: Run, left: str, kept: str) -> None:
    with acting("ada", note=left):
        assert note_left() == kept
    assert note_left() == ""


def test_it_hides_nobody_who_acts(run: Run, definition: IndexDefinition) -> None:
    with acting("ada", note="of Ada") as actor:
        assert run("es_create", INDEX, "--note", NOTE).code == 0
    [operation] = actor.begun
    assert (operation.who, operation.details["note"]) == ("ada", NOTE)
