"""Exports of search results, with django-import-export."""

import re
from contextlib import nullcontext
from html import unescape
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from tablib import Dataset

from django_es_admin.import_export import stream
from django_es_admin.models import OutboxEntry
from tests.testapp.depot import DepotAdmin, NoteResource, depot
from tests.testapp.models import Note

from .searching import index_notes, make_notes, no_elasticsearch, text_of

pytestmark = [
    # Inside a transaction nothing is streamed.
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.depot"

_NAMES = [made.__name__ for made in DepotAdmin(Note, depot).get_export_formats()]
CSV, TSV, JSON = (str(_NAMES.index(name)) for name in ("CSV", "TSV", "JSON"))


def address(page: str, **query: str) -> str:
    made = reverse(f"admin:testapp_note_{page}", current_app="depot")
    return f"{made}?{'&'.join(f'{key}={value}' for key, value in query.items())}"


def export(client: Client, format_: str = CSV, post: Any = None, **query: str) -> Any:
    data = {"format": format_, "resource": "0", "noteresource_title": "on", **(post or {})}
    return client.post(address("export", **query), data)


def lines(response: Any) -> list[str]:
    content = response.getvalue() if response.streaming else response.content
    return content.decode().splitlines()


def sheet_titles(response: Any) -> list[str]:
    """Return the titles of a sheet with all columns."""
    return list(Dataset().load("\n".join(lines(response)), format="csv")["title"])


def shown(client: Client, **query: str) -> list[str]:
    found = []
    for page in range(1, 20):
        changelist = client.get(address("changelist", **query, p=str(page))).context["cl"]
        found += [row.title for row in changelist.result_list]
        if page == changelist.paginator.num_pages:
            return found
    raise AssertionError


@pytest.fixture
def notes() -> list[Note]:
    made = make_notes(*(f"Item {n}" for n in range(4)), body="A lantern, once.")
    made += make_notes(*(f"Lantern {n}" for n in range(4)), kind="odd")
    make_notes("A boat")
    index_notes()
    return made


@pytest.mark.few(3)
@pytest.mark.parametrize(
    "query",
    [
        {"q": "lantern"},
        {"q": "lantern", "o": "-1"},
        {"q": "lantern", "kind__exact": "odd"},
        {"q": "zeppelin"},
        {"kind__exact": "plain"},
        {},
    ],
)
def test_exactly_what_is_shown_in_its_order(
    admin_client: Client, notes: list[Note], query: dict[str, str]
) -> None:
    header, *titles = lines(export(admin_client, **query))
    assert header == "title"
    assert titles == shown(admin_client, **query)


def test_csv_is_sent_as_it_is_read(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PORTION", 3)
    response = export(admin_client, q="lantern")
    assert isinstance(response, StreamingHttpResponse)
    assert 'filename="Note-' in response["Content-Disposition"]
    parts = [part.decode() for part in response.streaming_content]
    assert [len(part.splitlines()) for part in parts] == [4, 3, 2]
    assert [line[0] for line in "".join(parts).splitlines()[1:]] == ["L"] * 4 + ["I"] * 4


def test_csv_is_sent_as_it_is_read_by_an_asynchronous_server(
    admin_user: User, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PORTION", 3)
    read: list[Note] = []
    original = NoteResource.export_resource

    def export_resource(self: NoteResource, instance: Note, **kwargs: Any) -> list[Any]:
        read.append(instance)
        return original(self, instance, **kwargs)

    monkeypatch.setattr(NoteResource, "export_resource", export_resource)
    client = AsyncClient()
    client.force_login(admin_user)

    async def export() -> list[tuple[int, int]]:
        data = {"format": CSV, "resource": "0", "noteresource_title": "on"}
        response = await client.post(address("export", q="lantern"), data)
        return [
            (len(part.decode().splitlines()), len(read))
            async for part in response.streaming_content
        ]

    assert async_to_sync(export)() == [(4, 3), (3, 6), (2, 8)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_file_has_one_byte_order_mark(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(stream, "PORTION", 3)
    monkeypatch.setattr(DepotAdmin, "to_encoding", encoding)
    response = export(admin_client, q="lantern")
    assert response.streaming
    text = response.getvalue().decode(encoding)
    assert text.splitlines() == ["title", *shown(admin_client, q="lantern")]


def test_what_cannot_be_encoded_is_told_on_the_page(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DepotAdmin, "to_encoding", "latin-1")
    make_notes("Łódź")
    page = export(admin_client)
    assert not page.streaming
    assert "codec can&#x27;t encode" in text_of(page)


def test_a_view_in_a_transaction_sends_the_whole_file(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction ends before the file is read: PostgreSQL closes its cursors then."""
    monkeypatch.setattr(stream, "PORTION", 3)
    monkeypatch.setattr(NoteResource, "get_chunk_size", lambda self: 2)
    monkeypatch.setattr(NoteResource, "filter_export", lambda self, rows, **kwargs: rows)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    assert len(lines(export(admin_client))) == 10


def test_the_hooks_of_a_resource_are_given_the_same_as_ever(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[set[str]] = []

    def filter_export(self: NoteResource, rows: Any, **kwargs: Any) -> Any:
        given.append(set(kwargs))
        return rows

    monkeypatch.setattr(NoteResource, "filter_export", filter_export)
    for format_ in (CSV, JSON):
        export(admin_client, format_)
    streamed, whole = given
    assert streamed == whole


@pytest.mark.parametrize("format_", [TSV, JSON])
def test_other_formats_have_the_same_order(
    admin_client: Client, notes: list[Note], format_: str
) -> None:
    response = export(admin_client, format_, q="lantern")
    text = response.getvalue().decode() if response.streaming else response.content.decode()
    sheet = Dataset().load(text, format={TSV: "tsv", JSON: "json"}[format_])
    assert sheet["title"] == shown(admin_client, q="lantern")


def test_queries_grow_with_portions_not_with_rows(admin_client: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            lines(export(admin_client, q="lantern"))
        return len(captured)

    make_notes("Lantern 1")
    index_notes()
    few = queries()
    make_notes(*(f"Lantern {n}" for n in range(50)))
    index_notes()
    assert queries() == few


def test_nothing_is_exported_while_elasticsearch_does_not_answer(
    admin_client: Client, notes: list[Note]
) -> None:
    for format_ in (CSV, JSON):
        with no_elasticsearch():
            response = export(admin_client, format_, q="lantern")
        assert response["Location"] == address("changelist", q="lantern")
        page = text_of(admin_client.get(response["Location"]))
        assert (
            "Nothing was exported, because the search is not answered at the moment: The se" in page
        )
    with no_elasticsearch():
        # Without a search there is nothing to ask.
        assert len(lines(export(admin_client))) == 10


def test_without_the_right_nothing_is_streamed(
    client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list may leave out the form, whose view is what asks the right in import-export."""
    monkeypatch.setattr(DepotAdmin, "skip_export_form_from_action", True)
    monkeypatch.setattr(DepotAdmin, "has_export_permission", lambda self, request: False)
    request = RequestFactory().post("/", {"_export-item": "1"})
    request.user = User.objects.create(username="editor", is_staff=True)
    with pytest.raises(PermissionDenied):
        DepotAdmin(Note, depot).export_admin_action(request, Note.objects.all())


def test_a_file_that_the_project_makes_is_left_to_it(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sealed(self: DepotAdmin, *args: Any, **kwargs: Any) -> bytes:
        return b"sealed"

    monkeypatch.setattr(DepotAdmin, "get_export_data", sealed)
    assert lines(export(admin_client, q="lantern")) == ["sealed"]


def test_data_that_the_project_makes_are_left_to_it(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sealed(self: DepotAdmin, *args: Any, **kwargs: Any) -> Dataset:
        return Dataset(["sealed"])

    monkeypatch.setattr(DepotAdmin, "get_data_for_export", sealed)
    assert lines(export(admin_client, q="lantern")) == ["sealed"]


def test_rows_that_the_project_adds_come_after_the_hits(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = DepotAdmin.get_search_results

    def with_boats(self: DepotAdmin, request: Any, rows: Any, term: str) -> Any:
        found, duplicates = original(self, request, rows, term)
        return found | rows.filter(title="A boat"), duplicates

    monkeypatch.setattr(DepotAdmin, "get_search_results", with_boats)
    titles = lines(export(admin_client, q="lantern"))[1:]
    assert titles == shown(admin_client, q="lantern")
    assert titles[-1] == "A boat"


def test_ticked_rows_and_all_rows_by_the_action(admin_client: Client, notes: list[Note]) -> None:
    ticked = [str(notes[1].pk), str(notes[6].pk)]
    data = {"action": "export_admin_action", "_selected_action": ticked, "index": "0"}
    form = admin_client.post(address("changelist", q="lantern"), data)
    items = [str(key) for key in form.context["form"].initial["export_items"]]
    assert sorted(items) == sorted(ticked)
    sent = export(admin_client, post={"export_items": items}, q="lantern")
    assert lines(sent) == ["title", "Lantern 2", "Item 1"]

    data = {**data, "select_across": "1"}
    form = admin_client.post(address("changelist", q="lantern"), data)
    items = [str(key) for key in form.context["form"].initial["export_items"]]
    sent = export(admin_client, post={"export_items": items}, q="lantern")
    assert lines(sent)[1:] == shown(admin_client, q="lantern")


@pytest.mark.few(3)
@pytest.mark.parametrize("query", [{"q": "lantern"}, {"q": "lantern", "o": "1"}, {}])
@pytest.mark.parametrize("outage", [False, True])
def test_an_export_without_a_form(
    admin_client: Client,
    notes: list[Note],
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, str],
    outage: bool,
) -> None:
    OutboxEntry.objects.all().delete()
    monkeypatch.setattr(DepotAdmin, "skip_export_form", True)
    expected = shown(admin_client, **query)
    with no_elasticsearch() if outage else nullcontext():
        sent = admin_client.get(address("export", **query))
    if outage and query:
        assert "Nothing was exported" in text_of(admin_client.get(sent["Location"]))
    else:
        assert sheet_titles(sent) == expected


@pytest.mark.few(2)
@pytest.mark.parametrize("across", ["0", "1"])
@pytest.mark.parametrize("search", ["", "lantern"])
def test_more_ticked_rows_than_a_form_may_have_fields(
    admin_client: Client, notes: list[Note], settings: Any, across: str, search: str
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    make_notes(*(f"Lantern {n:02}" for n in range(10, 40)))
    index_notes()
    query = {"q": search} if search else {}
    hits = Note.objects.filter(title__contains="antern").values_list("pk", flat=True)
    ticked = [str(key) for key in hits[:12]]
    data = {"action": "export_admin_action", "_selected_action": ticked, "index": "0"}
    page = text_of(
        admin_client.post(address("changelist", **query), {**data, "select_across": across})
    )
    # As a browser sends it: every hidden input of the form.
    items = [unescape(value) for value in re.findall(r'name="export_items" value="([^"]*)"', page)]
    assert len(items) == 1
    sent = export(admin_client, post={"export_items": items}, **query)
    found = lines(sent)[1:]
    everything = Note.objects.filter(title__contains="antern") | Note.objects.filter(
        body__contains="lantern"
    )
    expected = {True: everything if search else Note.objects.all()}.get(
        across == "1", Note.objects.filter(pk__in=ticked)
    )
    assert sorted(found) == sorted(note.title for note in expected)


@pytest.mark.few(3)
@pytest.mark.parametrize("items", ['["x"]', "[", '{"a": 1}', "[[1]]", '["a", null]', ""])
def test_keys_that_are_none_are_a_message(
    admin_client: Client, notes: list[Note], items: str
) -> None:
    sent = export(admin_client, post={"export_items": items}, q="lantern")
    assert sent.status_code == 200
    assert not sent.streaming or "Lantern 1" in "".join(lines(sent)) or items == ""


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "lantern"}, ["Lantern 2", "Item 1"]),
        ({"q": "lantern", "o": "1"}, ["Item 1", "Lantern 2"]),
    ],
)
def test_ticked_rows_without_a_form_have_the_order_of_the_list(
    admin_client: Client,
    notes: list[Note],
    monkeypatch: pytest.MonkeyPatch,
    query: dict[str, str],
    expected: list[str],
) -> None:
    monkeypatch.setattr(DepotAdmin, "skip_export_form_from_action", True)
    ticked = [str(notes[1].pk), str(notes[6].pk)]
    data = {"action": "export_admin_action", "_selected_action": ticked, "index": "0"}
    sent = admin_client.post(address("changelist", **query), data)
    assert sheet_titles(sent) == expected

    with no_elasticsearch():
        refused = admin_client.post(address("changelist", **query), data)
    if "o" in query:
        assert sheet_titles(refused) == expected
    else:
        assert "Nothing was exported" in text_of(admin_client.get(refused["Location"]))


def test_a_ticked_row_that_is_no_hit_any_more_is_exported(
    admin_client: Client, notes: list[Note], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DepotAdmin, "skip_export_form_from_action", True)
    boat = Note.objects.get(title="A boat")
    ticked = [str(boat.pk), str(notes[1].pk)]
    data = {"action": "export_admin_action", "_selected_action": ticked, "index": "0"}
    sent = admin_client.post(address("changelist", q="lantern"), data)
    assert sheet_titles(sent) == ["Item 1", "A boat"]


def test_no_line_of_another_tenant(client: Client) -> None:
    make_notes("Their lantern", tenant="theirs")
    (own,) = make_notes("Our lantern", tenant="clerk")
    index_notes()
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__model="note"))
    client.force_login(clerk)
    assert lines(export(client, q="lantern")) == ["title", "Our lantern"]
    keys = [str(note.pk) for note in Note.objects.all()]
    named = export(client, post={"export_items": keys}, q="lantern")
    assert "Their" not in (text_of(named) if not named.streaming else "".join(lines(named)))
    assert lines(export(client, post={"export_items": [str(own.pk)]})) == ["title", "Our lantern"]
