"""What others' errors say is in the log, and in no table and on no page."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DataError, OperationalError, transaction
from django.test import Client
from django.urls import reverse
from django_tasks_db import DatabaseBackend
from elasticsearch import Elasticsearch
from pytest_django import Settings

from django_es_admin import connections
from django_es_admin.backends.errors import translated
from django_es_admin.documents import fields
from django_es_admin.exceptions import ElasticsearchAdminError, LoadFailed, ServerRefused
from django_es_admin.incidents import Explained, tell
from django_es_admin.lifecycle.background import do_queued, queue_rebuild
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Operation, OutboxEntry, RefusedDocument
from django_es_admin.operations.recording import recording
from django_es_admin.outbox.drain.batch import BatchDrain
from django_es_admin.outbox.drainers.worker import drain_due
from django_es_admin.tasks import enqueue_rebuild
from tests.guide.models import Category, Product

from .test_isolation import document_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]

SECRET = "hunter2-zanzibar"
TEXTS = [f"redis://:{SECRET}@queue:6379/0", f"row ('{SECRET}', 4) is bad\n\n{SECRET}"]
NAME = {"name": fields.KeywordField()}
LOG = "django_es_admin.incidents"


class Unreachable(DatabaseBackend):
    """A queue that is down."""

    def enqueue(self, *args: Any, **kwargs: Any) -> Any:
        """Fail, as a client of a broker does."""
        raise ConnectionError(f"Error 111 connecting to {TEXTS[0]}.")


def make(name: str = "Boot", **values: Any) -> Product:
    return Product.objects.create(name=name, description="", price=1, **values)


def stored() -> str:
    """Return all that our tables hold."""
    models = (Operation, OutboxEntry, Generation, RefusedDocument)
    return repr([list(model.objects.values()) for model in models])


def told(client: Client, index: str) -> str:
    """Return what all pages say that tell of failures."""
    client.force_login(
        User.objects.get_or_create(username="x", is_staff=True, is_superuser=True)[0]
    )
    pages = [reverse("admin:app_list", args=["elasticsearch"])]
    pages += [
        reverse(f"admin:elasticsearch_{model}_changelist") for model in ("operation", "outboxentry")
    ]
    pages += [
        reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"])
        for operation in Operation.objects.all()
    ]
    pages += [
        reverse("admin:elasticsearch_outboxentry_change", args=[f"default_3A{entry.pk}"])
        for entry in OutboxEntry.objects.all()
    ]
    pages.append(reverse("admin:elasticsearch_index_compare", args=[f"default_3A{index}"]))
    keys = [entry.key for entry in OutboxEntry.objects.all()]
    pages += [f"{pages[-1]}?key={key}" for key in keys]
    text = ""
    for page in pages:
        response = client.get(page)
        assert response.status_code < 500
        text += response.content.decode()
    return text


def is_in_the_log_only(client: Client, log: pytest.LogCaptureFixture, index: str) -> None:
    shown = stored() + told(client, index)
    assert SECRET not in shown
    references = set(re.findall(r"incident ([0-9a-f]{8})", shown))
    assert references
    logged = [record for record in log.records if record.name == LOG]
    assert references <= {record.args[0] for record in logged if record.args}
    assert SECRET in log.text


@pytest.mark.parametrize("text", TEXTS)
def test_of_a_field(client: Client, caplog: pytest.LogCaptureFixture, text: str) -> None:
    def prepare_name(self: Any, instance: Product) -> str:
        raise LookupError(text)

    with document_of(Product, "incidents", **NAME, prepare_name=prepare_name) as definition:
        make()
        drain_due()
        assert OutboxEntry.objects.get().error.startswith("name: LookupError: incident ")
        with pytest.raises(LoadFailed) as caught:
            rebuild(plan_rebuild(definition))
        assert SECRET not in str(caught.value) + repr(caught.value.failures)
        is_in_the_log_only(client, caplog, "incidents")


@pytest.mark.few(2)
@pytest.mark.parametrize("error", [ValueError, DataError])
@pytest.mark.parametrize("text", TEXTS)
def test_of_a_queryset(
    client: Client, caplog: pytest.LogCaptureFixture, text: str, error: type[Exception]
) -> None:
    broken = [False]

    def get_queryset(self: Any) -> Any:
        if broken[0]:
            raise error(text)
        return Product.objects.all()

    with document_of(Product, "incidents", **NAME, get_queryset=get_queryset) as definition:
        broken[0] = True
        make()
        result = drain_due().result
        assert SECRET not in repr([str(stopped.error) for stopped in result.stopped])
        with pytest.raises(ElasticsearchAdminError):
            rebuild(plan_rebuild(definition))
        is_in_the_log_only(client, caplog, "incidents")


def test_of_what_is_related(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    def of_related(self: Any, related: Category) -> Any:
        raise RuntimeError(TEXTS[0])

    with document_of(
        Product,
        "incidents",
        **NAME,
        category=fields.ObjectField(properties={"name": fields.KeywordField()}),
        related_models=(Category,),
        get_instances_from_related=of_related,
    ):
        Category.objects.create(name="c", slug="c")
        drain_due()
        assert OutboxEntry.objects.get().error
        is_in_the_log_only(client, caplog, "incidents")


def test_of_the_backend_of_tasks(
    client: Client, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    settings.TASKS = {"default": {"BACKEND": f"{__name__}.Unreachable"}}
    with document_of(Product, "incidents", **NAME) as definition:
        with pytest.raises(ElasticsearchAdminError) as caught:
            enqueue_rebuild(plan_rebuild(definition))
        assert SECRET not in str(caught.value)
        assert "ConnectionError: incident " in Operation.objects.get(state="failed").error
        is_in_the_log_only(client, caplog, "incidents")


@pytest.mark.parametrize(
    "error", [RuntimeError(TEXTS[1]), OperationalError(TEXTS[0]), SystemExit(TEXTS[0])]
)
def test_of_an_operation(
    client: Client, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    with document_of(Product, "incidents", **NAME) as definition:
        with (
            pytest.raises(type(error)),
            recording(definition, Operation.Kind.DRAIN),
        ):
            raise error
        is_in_the_log_only(client, caplog, "incidents")


def test_of_a_task_before_it_begins(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_definition(*args: str) -> Any:
        raise KeyError(TEXTS[0])

    with document_of(Product, "incidents", **NAME) as definition:
        operation = queue_rebuild(plan_rebuild(definition))
        monkeypatch.setattr("django_es_admin.lifecycle.background.get_definition", get_definition)
        with pytest.raises(KeyError):
            do_queued("default", operation.pk)
        operation.refresh_from_db()
        assert operation.state == "failed"
        is_in_the_log_only(client, caplog, "incidents")


def test_of_a_drain(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drain_index(*args: Any) -> Any:
        raise ZeroDivisionError(TEXTS[0])

    with document_of(Product, "incidents", **NAME):
        monkeypatch.setattr(BatchDrain, "_drain_index", drain_index)
        make()
        stopped = drain_due().result.stopped[0]
        assert SECRET not in str(stopped.error)
        assert re.search(r"ZeroDivisionError: incident [0-9a-f]{8}", str(stopped.error))
    assert SECRET in caplog.text


def test_the_same_error_has_one_reference_and_one_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, LOG):
        first, again, other = (tell(ValueError(text), "It") for text in ("twice", "twice", "else"))
    assert first == again != other
    told = [(record.message.split(": ", 1)[1], bool(record.exc_info)) for record in caplog.records]
    assert told == [("It failed.", True), ("It failed again: twice", False), ("It failed.", True)]


def test_what_is_ours_is_told() -> None:
    class Unfit(Explained, TypeError):
        pass

    assert tell(ServerRefused("it is so"), "It") == "it is so"
    assert tell(Unfit("it takes a list"), "It") == "TypeError: it takes a list"


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError(SECRET)


@pytest.mark.parametrize(
    "error", [Unprintable(), ValueError("\ud800\0" * 3), Exception(b"\xff"), OSError(13, SECRET)]
)
def test_any_error_can_be_told(error: Exception, transactional_db: None) -> None:
    text = tell(error, "It")
    assert SECRET not in text
    with transaction.atomic():
        OutboxEntry.objects.create(connection="default", index="x", key="1", error=text)


def request_refused(es: Elasticsearch, ask: Callable[[], Any]) -> str:
    with pytest.raises(ElasticsearchAdminError) as caught, translated(connections["default"]):
        ask()
    return str(caught.value)


def test_a_reason_of_elasticsearch_quotes_no_document(es: Elasticsearch, prefix: str) -> None:
    index = f"{prefix}reasons"
    es.indices.create(
        index=index,
        mappings={
            "properties": {"n": {"type": "long"}, "d": {"type": "date"}, "k": {"type": "keyword"}}
        },
    )
    for document in ({"n": SECRET}, {"d": SECRET}, {"k": SECRET * 5_000}, {"n": {"x": SECRET}}):
        text = request_refused(
            es, lambda document=document: es.index(index=index, document=document)
        )
        assert SECRET not in text
    es.index(index=index, id="1", document={"n": 1}, refresh=True)
    script = {"source": "throw new Exception(params.a)", "params": {"a": SECRET}}
    text = request_refused(es, lambda: es.update(index=index, id="1", script=script))
    assert SECRET not in text
