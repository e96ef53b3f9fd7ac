"""The roles of docs/security.md are enough for every operation, and nothing in them is too much."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.urls import reverse

from django_es_admin import connection
from django_es_admin.backends.errors import translated
from django_es_admin.documents import fields
from django_es_admin.exceptions import AccessRefused, ServerRefused
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import OutboxEntry
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.search.search_ids import search_ids
from django_es_admin.status import snapshot
from django_es_admin.status.status import get_status
from tests.blocks import blocked
from tests.guide.models import Product
from tests.integration.admin.visitors import visitor
from tests.integration.commands.products import INDEX, make_products
from tests.integration.outbox.test_isolation import document_of
from tests.live import make_live
from tests.secured import Secured

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = Path(__file__).parents[3] / "docs" / "security.md"
PREFIX = "shop-"
Role = dict[str, Any]


def roles() -> dict[str, Role]:
    """Return the roles of the page by their name."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"```json\nPUT /_security/role/(\S+)\n(.*?)```", text, re.S)
    return {name: json.loads(body) for name, body in found}


@pytest.fixture
def use(settings: Any, secured: Secured) -> Iterator[Callable[..., None]]:
    """Let the connection ``default`` have a key of a role; None for one that may do everything."""

    def use(role: Role | None, prefix: str = PREFIX) -> None:
        body = {} if role is None else {"role_descriptors": {"role": role}}
        settings.ES_INDICES = {COPIED: {}}
        settings.ES_SERVERS = {
            "default": {
                "HOSTS": [secured.url],
                "INDEX_PREFIX": prefix,
                "INDICES": [COPIED],
                "PARAMS": {"api_key": secured.api_key(**body)["encoded"], "ca_certs": secured.ca},
            }
        }

    # A generation can be pruned when no late write can reach it.
    times = {"WRITE_TIMEOUT": 4, "INLINE_TIMEOUT": 4, "DELETE_AGAIN_AFTER": 9}
    settings.ES_ADMIN = {**settings.ES_ADMIN, **times}
    yield use
    with secured.client() as client:
        found = client.indices.get(index=[f"{PREFIX}*", "shopping*"], expand_wildcards="all")
        if found.body:
            client.indices.delete(index=sorted(found.body))


def page(name: str, *args: str, **asked: str) -> None:
    see(visitor(superuser=True).get(reverse(f"admin:{name}", args=args), asked))


def ask(name: str, **asked: str) -> None:
    """Send the form of a page, which keeps what is asked out of the address."""
    see(visitor(superuser=True).post(reverse(f"admin:{name}", args=[QUOTED]), asked, follow=True))


def see(answer: Any) -> None:
    assert answer.status_code == 200
    assert "(403)" not in answer.text
    assert "was refused" not in answer.text


def first_key() -> str:
    return str(Product.objects.values_list("pk", flat=True)[0])


def search() -> None:
    definition = get_definition(INDEX)
    assert definition.document is not None
    search_ids(definition.document, {"match_all": {}})


def save() -> None:
    for product in Product.objects.all()[:1]:
        product.name += "."
        product.save()
    call_command("es_drain", "--once")
    waiting = OutboxEntry.objects.filter(error__gt="").first()
    assert waiting is None, waiting and waiting.error


def delete() -> None:
    product = Product.objects.first()
    assert product is not None
    product.delete()
    call_command("es_drain", "--once")


def refresh() -> None:
    connection.client.indices.refresh(index=get_definition(INDEX).alias)


QUOTED = f"default_3A{INDEX}"
COPIED = "plain"
READING: dict[str, Callable[[], Any]] = {
    "status": lambda: call_command("es_status", INDEX),
    "why": lambda: call_command("es_why", INDEX, first_key(), "shoe"),
    "search": search,
    "dashboard": lambda: page("app_list", "elasticsearch"),
    "space": lambda: page("elasticsearch_connection_space", "default"),
    **{
        name: lambda name=name: page(f"elasticsearch_index_{name}", QUOTED)  # type: ignore[misc]
        for name in (
            "change",
            "mapping",
            "documents",
            "generations",
            "shards",
            "policies",
            "operations",
            "preview",
            "tuning",
            "why",
        )
    },
    "terms": lambda: page("elasticsearch_index_terms", QUOTED, field="category.slug"),
    "one object": lambda: page("elasticsearch_index_compare", QUOTED, key=first_key()),
    "console": lambda: ask("elasticsearch_index_console", body='{"query": {"match_all": {}}}'),
    "explain": lambda: ask(
        "elasticsearch_index_console", body='{"query": {"match_all": {}}}', key=first_key()
    ),
    **{
        name: lambda name=name: page(f"elasticsearch_{name}_changelist")  # type: ignore[misc]
        for name in ("operation", "outboxentry", "loggedsearch", "judgement", "promotion")
    },
}
WRITING: dict[str, Callable[[], Any]] = {
    "save": save,
    "delete": delete,
    "refresh": refresh,
    "reindex": lambda: call_command("es_reindex", INDEX, "--all"),
    "verify": lambda: call_command("es_verify", INDEX),
}
OPERATING: dict[str, Callable[[], Any]] = {
    "create": lambda: call_command("es_create", INDEX),
    "rebuild": lambda: call_command("es_rebuild", INDEX),
    "rebuild again": lambda: call_command("es_rebuild", INDEX),
    "preview": lambda: call_command("es_preview", INDEX),
    "rollback": lambda: call_command("es_rollback", INDEX, "--no-input"),
    "update": lambda: call_command("es_update_mapping", INDEX),
    "create without a document": lambda: call_command("es_create", COPIED),
    "copy": lambda: call_command("es_rebuild", COPIED),
    "analyze": lambda: ask("elasticsearch_index_analyze", text="a shoe", analyzer="standard"),
    **WRITING,
    **READING,
    "prune": lambda: call_command("es_prune", INDEX, "--no-input"),
    "delete the index": lambda: call_command("es_delete", INDEX, "--no-input"),
}


OPERATIONS = {
    "shop_deployment": OPERATING,
    # What most rights are for comes first: a role that lacks one is found out soon.
    "shop_site": {**WRITING, **READING},
    "shop_reader": READING,
}


def refused(operations: dict[str, Callable[[], Any]]) -> str:
    """Return the first operation that fails, and why; "" for none."""
    for name, do in operations.items():
        try:
            # Else the next page would show what the one before was told.
            snapshot.forget(connection)
            do()
        except (Exception, SystemExit) as error:  # noqa: BLE001 (why it failed is looked at)
            return f"{name}: {type(error).__name__}: {error}"
    return ""


def less(role: Role) -> Iterator[tuple[str, Role]]:
    """Yield the role without each of its privileges."""
    [rights] = role["indices"]
    yield "cluster", {**role, "cluster": []}
    for privilege in rights["privileges"]:
        kept = [each for each in rights["privileges"] if each != privilege]
        yield privilege, {**role, "indices": [{**rights, "privileges": kept}]}


def test_the_page_has_a_role_for_each_program() -> None:
    assert roles().keys() == OPERATIONS.keys()


@pytest.mark.few(1)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_role_is_enough_and_nothing_in_it_too_much(
    use: Callable[..., None], secured: Secured, name: str
) -> None:
    role = roles()[name]
    make_products(10)
    if name != "shop_deployment":
        use(None)
        make_live(get_definition(INDEX))
    use(role)
    assert refused(OPERATIONS[name]) == ""
    for privilege, lesser in less(role):
        use(lesser)
        assert refused(OPERATIONS[name]), f"{privilege} is not needed"


@pytest.mark.few(2)
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_role_ends_at_the_prefix(use: Callable[..., None], secured: Secured, name: str) -> None:
    with secured.client() as client:
        client.index(index="shopping", id="1", document={"a": 1}, refresh=True)
    # Past our own guard.
    use(roles()[name], prefix="")
    client = connection.client
    for ask in (
        lambda: client.search(index="shopping"),
        lambda: client.index(index="shopping", document={}),
        lambda: client.indices.delete(index="shopping"),
        lambda: client.cluster.put_settings(persistent={"action.destructive_requires_name": True}),
        client.security.get_user,
    ):
        with pytest.raises(AccessRefused, match=r"\(403\)"), translated(connection):
            ask()


POSTED = (
    "create",
    "rebuild",
    "swap",
    "rollback",
    "refresh",
    "drain",
    "complete",
    "verify",
    "prune",
)


@pytest.mark.few(2)
@pytest.mark.parametrize("verb", POSTED)
def test_a_page_says_which_right_is_missing(
    use: Callable[..., None], secured: Secured, verb: str
) -> None:
    make_products(2)
    use(None)
    make_live(get_definition(INDEX))
    if verb in ("swap", "rollback", "prune"):
        call_command("es_rebuild", INDEX)
    role = roles()["shop_reader"]
    [rights] = role["indices"]
    before = live()
    for lesser in (role, {**role, "indices": [{**rights, "privileges": ["monitor"]}]}):
        use(lesser)
        client = visitor(superuser=True)
        url = reverse(f"admin:elasticsearch_index_{verb}", args=[QUOTED])
        plan = client.get(url)
        assert plan.status_code in (200, 409)
        mark = re.search(r'name="fingerprint" value="(\w+)"', plan.text)
        sent = {"fingerprint": mark[1] if mark else "", "typed": INDEX}
        answer = client.post(url, sent, follow=True)
        assert answer.status_code in (200, 409)
        if verb in ("create", "rollback", "swap", "refresh"):
            assert "(403)" in plan.text + answer.text or "already" in plan.text
    use(None)
    assert live() == before


def live() -> list[str]:
    definition = get_definition(INDEX)
    found = connection.client.indices.get_alias(index=definition.alias, name=definition.alias)
    return sorted(found.body)


def test_what_needs_more_says_so(use: Callable[..., None], secured: Secured) -> None:
    make_products(1)
    use(None)
    make_live(get_definition(INDEX))
    use(roles()["shop_reader"])
    url = reverse("admin:elasticsearch_index_analyze", args=[QUOTED])
    asked = {"text": "a shoe", "analyzer": "standard"}
    assert "(403)" in visitor(superuser=True).post(url, asked, follow=True).text
    with pytest.raises((AccessRefused, CommandError), match="403"):
        call_command("es_why", INDEX, first_key(), "absent")


def test_a_block_of_metadata_needs_no_further_privilege(
    use: Callable[..., None], secured: Secured
) -> None:
    make_products(1)
    use(None)
    make_live(get_definition(INDEX))
    [name] = live()
    with secured.client() as client, blocked(client, name, "metadata"):
        for role in ("shop_reader", "shop_site", "shop_deployment"):
            use(roles()[role])
            page("app_list", "elasticsearch")
            [found] = get_status([INDEX]).indices
            assert (found.generations, found.health, found.documents) == ((name,), "green", 1)
            assert "index.blocks.metadata" in str(found.problems[0])
            page("elasticsearch_index_shards", QUOTED)
        save()


def test_synonyms_need_a_privilege_of_the_cluster(
    use: Callable[..., None], secured: Secured
) -> None:
    role = roles()["shop_deployment"]
    rules = [{"synonyms": "shoe, trainer"}]
    use(role)
    with pytest.raises(AccessRefused, match=r"\(403\)"), translated(connection):
        connection.client.synonyms.put_synonym(id="shop-words", synonyms_set=rules)
    use({**role, "cluster": [*role["cluster"], "manage_search_synonyms"]})
    # A server of tests may lack a type of field that it needs to keep them.
    with suppress(ServerRefused), translated(connection):
        connection.client.synonyms.put_synonym(id="shop-words", synonyms_set=rules)
        connection.client.synonyms.delete_synonym(id="shop-words")


def without(privilege: str) -> Role:
    role = roles()["shop_site"]
    [rights] = role["indices"]
    kept = [each for each in rights["privileges"] if each != privilege]
    return {**role, "indices": [{**rights, "privileges": kept}]}


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "role", [roles()["shop_reader"], without("index"), without("delete")], ids=["reader", "i", "d"]
)
def test_rows_wait_untouched_for_a_right(use: Callable[..., None], role: Role) -> None:
    make_products(4)
    use(None)
    make_live(get_definition(INDEX))
    OutboxEntry.objects.all().delete()
    use(role)
    first, second, *_others = Product.objects.order_by("pk")
    first.name = "Another"
    first.save()
    second.delete()
    [stopped] = drain_due().result.stopped
    assert isinstance(stopped.error, AccessRefused)
    assert str(stopped.error).endswith(("until then.", "give that user the right."))
    rows = list(OutboxEntry.objects.values_list("attempts", "error", "parked_at", "leased_until"))
    # What it may do by itself, it has done after the save.
    assert len(rows) == (1 if role == without("delete") else 2)
    assert set(rows) == {(0, "", None, None)}
    # Neither does a right that is missing look like a document that is not there.
    use(roles()["shop_site"])
    result = drain_due().result
    assert (result.written + result.deleted, result.failed) == (len(rows), 0)


def test_a_right_that_one_index_lacks_keeps_no_other_waiting(use: Callable[..., None]) -> None:
    role = roles()["shop_site"]
    [rights] = role["indices"]
    names = [f"{PREFIX}{INDEX}", f"{PREFIX}{INDEX}-*"]
    reading = {"names": [f"{PREFIX}*"], "privileges": ["read", "view_index_metadata", "monitor"]}
    make_products(2)
    use(None)
    with document_of(Product, "denied", name=fields.KeywordField()) as denied:
        make_live(get_definition(INDEX))
        OutboxEntry.objects.all().delete()
        use({**role, "indices": [{**rights, "names": names}, reading]})
        Product.objects.first().save()
        drain_due()
        found = OutboxEntry.objects.values_list("index", "attempts", "error")
        assert set(found) == {(denied.name, 0, "")}
        with pytest.raises(AccessRefused):
            rebuild(plan_rebuild(get_definition(denied.name)))
        use(None)
        drain_due()
        assert not OutboxEntry.objects.filter(delete_sent=False).exists()
