"""Whose documents the pages show: no more than the ModelAdmin of the model on the same site."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client
from django.urls import path, reverse

from django_es_admin.admin import register
from django_es_admin.indices.definition import get_definition
from django_es_admin.models import Operation, OutboxEntry
from django_es_admin.operations.acting import acting
from tests.testapp.models import Note
from tests.testapp.site import NoteAdmin

from .searching import index_notes, make_notes

tenants = admin.AdminSite(name="tenants")
register(tenants)
tenants.register(Note, NoteAdmin)


class PerObjectAdmin(admin.ModelAdmin):
    """Decides by a method, for each object."""

    def has_view_permission(self, request: HttpRequest, obj: Note | None = None) -> bool:
        return obj is None or obj.tenant == request.user.get_username()


per_object = admin.AdminSite(name="per-object")
register(per_object)
per_object.register(Note, PerObjectAdmin)


class OpenAdmin(admin.ModelAdmin):
    """Shows every row, in an order and with a relation of its own."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        return super().get_queryset(request).select_related("shelf").order_by("-title")


everything = admin.AdminSite(name="everything")
register(everything)
everything.register(Note, OpenAdmin)

hidden = admin.AdminSite(name="hidden")
register(hidden)

urlpatterns = [
    path("tenants/", tenants.urls),
    path("per-object/", per_object.urls),
    path("everything/", everything.urls),
    path("hidden/", hidden.urls),
    path("admin/", admin.site.urls),
]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = __name__

INDEX = "default_3Atestapp-notes"
SECRET = "Theirsecret"


@pytest.fixture
def notes() -> dict[str, Note]:
    (ours,) = make_notes("Our lantern", tenant="clerk")
    (theirs,) = make_notes(f"{SECRET} lantern", body=SECRET, code=SECRET, tenant="theirs")
    index_notes()
    return {"ours": ours, "theirs": theirs}


def sign_in(*rights: str, superuser: bool = False) -> Client:
    user = User.objects.create_user("clerk", is_staff=True, is_superuser=superuser)
    wanted = ("view_index", "view_connection", "reindex_objects", "view_note", *rights)
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client()
    client.force_login(user)
    return client


def open_page(client: Client, site: str, page: str, **query: str) -> tuple[int, str]:
    url = reverse(f"admin:elasticsearch_index_{page}", args=[INDEX], current_app=site)
    response = client.get(url, query)
    return response.status_code, response.content.decode()


@pytest.mark.parametrize("site", ["tenants", "per-object"])
def test_documents_are_closed_where_rows_are_hidden(notes: dict[str, Note], site: str) -> None:
    client = sign_in()
    for query in ({}, {"q": SECRET}, {"q": f"code:{SECRET}"}):
        status, text = open_page(client, site, "documents", **query)
        assert status == 403
        assert "Our lantern" not in text
    for page in ("change", "mapping", "analyze", "generations", "operations"):
        status, text = open_page(client, site, page)
        assert status == 200
        assert f"/{INDEX}/documents/" not in text
        assert SECRET not in text


@pytest.mark.parametrize("site", ["tenants", "per-object"])
def test_one_document_is_open_to_who_sees_its_object(notes: dict[str, Note], site: str) -> None:
    client = sign_in()
    status, text = open_page(client, site, "compare", key=str(notes["ours"].pk))
    assert (status, "Our lantern" in text) == (200, True)
    for key in (str(notes["theirs"].pk), "999999", "x" * 40, "", "0' OR 1=1"):
        status, text = open_page(client, site, "compare", key=key)
        assert (status, SECRET in text) == (403, False)


@pytest.mark.parametrize("site", ["tenants", "per-object"])
def test_what_is_hidden_is_not_reindexed(notes: dict[str, Note], site: str) -> None:
    client = sign_in()
    url = reverse("admin:elasticsearch_index_compare", args=[INDEX], current_app=site)
    assert client.post(f"{url}?key={notes['theirs'].pk}").status_code == 403
    assert not Operation.objects.filter(kind="reindex").exists()
    assert client.post(f"{url}?key={notes['ours'].pk}").status_code == 302
    assert Operation.objects.filter(kind="reindex").exists()


def test_documents_are_open_where_every_row_is(notes: dict[str, Note]) -> None:
    status, text = open_page(sign_in(), "everything", "documents")
    assert (status, SECRET in text) == (200, True)


def test_a_superuser_of_the_tenants_sees_what_the_list_shows(notes: dict[str, Note]) -> None:
    status, text = open_page(sign_in(superuser=True), "tenants", "documents")
    assert (status, SECRET in text) == (200, True)


def test_without_an_admin_of_the_model_its_right_decides(notes: dict[str, Note]) -> None:
    client = sign_in()
    assert open_page(client, "hidden", "documents")[0] == 200
    User.objects.get().user_permissions.remove(Permission.objects.get(codename="view_note"))
    assert open_page(client, "hidden", "documents")[0] == 403


@pytest.mark.parametrize(("site", "seen"), [("tenants", False), ("everything", True)])
def test_rows_and_errors_of_the_outbox(notes: dict[str, Note], site: str, seen: bool) -> None:
    definition = get_definition("testapp-notes")
    OutboxEntry.objects.create(
        connection=definition.using, index=definition.name, key="77", error=f"[{SECRET}]"
    )
    url = reverse("admin:elasticsearch_outboxentry_changelist", current_app=site)
    text = sign_in().get(url).content.decode()
    assert (SECRET in text) is seen


@pytest.mark.parametrize(("site", "seen"), [("tenants", False), ("everything", True)])
def test_failures_of_an_operation(notes: dict[str, Note], site: str, seen: bool) -> None:
    operation = Operation.objects.create(
        connection="default",
        index="testapp-notes",
        kind="rebuild",
        state="failed",
        details={"failures": [["77", f"[{SECRET}] is no number"]]},
    )
    key = f"default_3A{operation.pk}"
    url = reverse("admin:elasticsearch_operation_change", args=[key], current_app=site)
    assert (SECRET in sign_in().get(url).content.decode()) is seen


@pytest.mark.parametrize(
    "lookup",
    [
        "details__failures__icontains",
        "details__icontains",
        "details",
        "error__startswith",
        "steps__0__step",
        "who__contains",
        "owner",
        "kind__regex",
        "pk__in",
    ],
)
def test_a_list_admits_only_the_filters_that_it_declares(lookup: str) -> None:
    Operation.objects.create(
        connection="default", index="testapp-notes", kind="rebuild", details={"failures": SECRET}
    )
    url = reverse("admin:elasticsearch_operation_changelist", current_app="tenants")
    assert sign_in().get(url, {lookup: SECRET}).status_code == 400


def test_declared_filters_work() -> None:
    Operation.objects.create(connection="default", index="a-rebuild", kind="rebuild", state="done")
    Operation.objects.create(connection="default", index="a-swap", kind="swap", state="failed")
    url = reverse("admin:elasticsearch_operation_changelist", current_app="tenants")
    client = sign_in()
    for query in ({"kind__exact": "swap"}, {"state__exact": "failed"}, {"q": "a-swap"}):
        text = client.get(url, query).content.decode()
        assert "a-swap" in text
        assert "a-rebuild" not in text


def test_the_outbox_admits_no_filter_on_errors() -> None:
    url = reverse("admin:elasticsearch_outboxentry_changelist", current_app="tenants")
    assert sign_in().get(url, {"error__icontains": SECRET}).status_code == 400


# --- what deletes a physical index ---


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", html))).split())


def plan_of_a_rebuild(client: Client) -> tuple[str, dict[str, Any], str]:
    url = reverse("admin:elasticsearch_index_rebuild", args=[INDEX], current_app="everything")
    text = client.get(url).content.decode()
    found = re.search(r'name="fingerprint" value="([0-9a-f]{16})"', text)
    return url, {"fingerprint": found[1] if found else ""}, words(text)


def test_a_rebuild_over_a_physical_index_takes_the_right_to_delete(es: Any) -> None:
    definition = get_definition("testapp-notes")
    es.indices.create(index=definition.alias, settings={"number_of_replicas": 0})
    client = sign_in("rebuild_index")
    url, data, text = plan_of_a_rebuild(client)
    assert "you do not have the right to delete indices" in text
    assert client.post(url, {**data, "typed": definition.alias}).status_code == 409
    assert not Operation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rebuild_over_a_physical_index_takes_its_typed_name(es: Any) -> None:
    definition = get_definition("testapp-notes")
    es.indices.create(index=definition.alias, settings={"number_of_replicas": 0})
    client = sign_in("rebuild_index", "delete_index")
    url, data, text = plan_of_a_rebuild(client)
    assert f"Type {definition.alias} to confirm" in text
    for typed in ({}, {"typed": "testapp"}):
        assert client.post(url, {**data, **typed}).status_code == 409
    assert not Operation.objects.exists()
    assert client.post(url, {**data, "typed": definition.alias}).status_code == 302
    assert Operation.objects.get().state == "queued"


# --- rights are asked again when a task begins ---


@pytest.fixture
def queued() -> Operation:
    from django_es_admin.lifecycle.background import queue_rebuild  # noqa: PLC0415
    from django_es_admin.lifecycle.rebuild_plan import plan_rebuild  # noqa: PLC0415

    sign_in("rebuild_index")
    with acting("clerk", through="admin:everything"):
        return queue_rebuild(plan_rebuild(get_definition("testapp-notes")))


def do(operation: Operation) -> str:
    from django_es_admin.exceptions import OperationRefused  # noqa: PLC0415
    from django_es_admin.lifecycle.background import do_queued  # noqa: PLC0415

    try:
        do_queued("default", operation.pk)
    except OperationRefused as refusal:
        return str(refusal)
    return ""


def test_a_task_of_someone_who_has_the_right(queued: Operation) -> None:
    assert do(queued) == ""
    queued.refresh_from_db()
    assert queued.state == "done"


@pytest.mark.parametrize("loss", ["right", "account", "staff", "user", "site"])
def test_a_task_of_someone_who_lost_it(queued: Operation, loss: str) -> None:
    user = User.objects.get(username="clerk")
    if loss == "right":
        user.user_permissions.remove(Permission.objects.get(codename="rebuild_index"))
    elif loss == "user":
        user.delete()
    elif loss == "site":
        Operation.objects.update(details={**queued.details, "through": "admin:no-such-site"})
    else:
        User.objects.update(**{"is_active" if loss == "account" else "is_staff": False})
    assert "no longer has the right to do it" in do(queued)
    queued.refresh_from_db()
    assert (queued.state, queued.ended_at is None) == ("failed", False)


@pytest.mark.parametrize("kind", ["delete", "prune", "create", "refresh", "rollback"])
def test_a_row_of_another_kind_is_refused(queued: Operation, kind: str) -> None:
    Operation.objects.update(kind=kind)
    User.objects.update(is_superuser=True)
    assert "is not done in a task" in do(queued)
    queued.refresh_from_db()
    assert queued.state == "failed"


def test_why_tells_a_tenant_of_no_other_documents(notes: dict[str, Note]) -> None:
    client, ours = sign_in(), str(notes["ours"].pk)
    status, text = open_page(client, "tenants", "why", key=ours, q="lantern")
    assert status == 200
    assert "Found: it matches in title (“lantern”)" in unescape(text)
    # How many others there are is their secret, too.
    assert "hits" not in text
    assert f"/{INDEX}/documents/&quot;" not in text
    for key in (str(notes["theirs"].pk), "x", "987"):
        assert open_page(client, "tenants", "why", key=key, q="lantern")[0] == 403
    everything = open_page(sign_in_again(), "everything", "why", key=ours, q="lantern")[1]
    assert "of 2 hits" in everything


def sign_in_again() -> Client:
    client = Client()
    client.force_login(User.objects.get(username="clerk"))
    return client
