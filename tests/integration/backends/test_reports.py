"""No secrets in error reports, with the server down or up, whatever tool collects them."""

import json
import logging
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cache
from types import TracebackType
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.utils.log import AdminEmailHandler
from django.views.debug import (
    DEBUG_ENGINE,
    ExceptionReporter,
    get_default_exception_reporter_filter,
)
from elasticsearch import Elasticsearch, helpers
from elasticsearch.dsl import Search

from django_es_admin import connection, connections
from django_es_admin.backends.abstracts import Base
from django_es_admin.backends.errors import translated
from django_es_admin.backends.health import Deadline, in_time
from tests.servers import (
    BUSY_JSON,
    UNAUTHORIZED_JSON,
    answering,
    closing,
    hanging,
    refusing_port,
)

USER, PASSWORD = "ada-the-user", "hunter2:/@ %"
KEY, TOKEN, HEADER = "k3y-of-the-cluster", "t0ken-of-the-cluster", "h3ader-of-the-gateway"
SECRETS = {
    PASSWORD,
    quote(PASSWORD, safe=""),
    b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
    KEY,
    TOKEN,
    HEADER,
}
ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
JSON = "application/json"


class OwnBackend(Base):
    """Of a project: its client is Elastic's own."""

    def configure_client(self) -> Elasticsearch:
        return Elasticsearch(self.server["HOSTS"], **self.server["PARAMS"])


def with_credentials(url: str) -> str:
    return url.replace("http://", f"http://{USER}:{quote(PASSWORD, safe='')}@")


WAYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "url": lambda url: {"HOSTS": [with_credentials(url)]},
    "host": lambda url: {
        "HOSTS": [
            {
                "host": "127.0.0.1",
                "port": int(url.rpartition(":")[2]),
                "http_auth": (USER, PASSWORD),
            }
        ]
    },
    "basic_auth": lambda url: {"HOSTS": [url], "PARAMS": {"basic_auth": (USER, PASSWORD)}},
    "http_auth": lambda url: {"HOSTS": [url], "PARAMS": {"http_auth": f"{USER}:{PASSWORD}"}},
    "api_key": lambda url: {"HOSTS": [url], "PARAMS": {"api_key": KEY}},
    "bearer_auth": lambda url: {"HOSTS": [url], "PARAMS": {"bearer_auth": TOKEN}},
    "headers": lambda url: {"HOSTS": [url], "PARAMS": {"headers": {"X-Gateway": HEADER}}},
    "headers with Authorization": lambda url: {
        "HOSTS": [url],
        "PARAMS": {"headers": {"Authorization": f"Bearer {TOKEN}"}},
    },
    "a header that cannot be sent": lambda url: {
        "HOSTS": [url],
        "PARAMS": {"headers": {"X-Gateway": f"{HEADER}\nX: y"}},
    },
    "a header in another alphabet": lambda url: {
        "HOSTS": [url],
        "PARAMS": {"headers": {"X-Gateway": f"{HEADER} \u4e2d"}},
    },
    "a key with a line end": lambda url: {"HOSTS": [url], "PARAMS": {"api_key": f"{KEY}\n"}},
}

SERVERS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "closed port": refusing_port,
    "silence": hanging,
    "hangs up": closing,
    "401": lambda: answering(401, UNAUTHORIZED_JSON, JSON, elasticsearch=True),
    "429": lambda: answering(429, BUSY_JSON, JSON, elasticsearch=True),
    "502": lambda: answering(502),
    "redirect": lambda: answering(302),
    "broken JSON": lambda: answering(200, '{"a', JSON, elasticsearch=True),
    "too many brackets": lambda: answering(200, "[" * 100_000, JSON, elasticsearch=True),
    "something else": lambda: answering(200, "{}", JSON),
}


def translated_search() -> object:
    with translated(connections["default"]):
        return connection.client.search(index="a")


ASKED: dict[str, Callable[[], object]] = {
    "a method": lambda: connection.search(index="a", query={"match_all": {}}),
    "the client": lambda: connection.client.cat.health(v=True),
    "a namespace": lambda: connection.client.indices.create(index="a"),
    "another option": lambda: connection.options(max_retries=1, retry_on_timeout=True).info(),
    "the writer": lambda: connection.writer(0.2).bulk(operations=[{"delete": {"_index": "a"}}]),
    "helpers": lambda: helpers.bulk(connection.client, [{"_index": "a", "a": 1}]),
    "elasticsearch.dsl": lambda: Search(using="default", index="a").execute(),
    "our errors": translated_search,
    "a thread": lambda: in_time(connections["default"], Deadline(1), translated_search),
}


# Collectors


def all_causes(error: BaseException) -> Iterator[BaseException]:
    todo, seen = [error], set()
    while todo:
        each = todo.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            parts = [each.__cause__, each.__context__, *each.args, *getattr(each, "errors", ())]
            todo += [part for part in parts if isinstance(part, BaseException)]


def frames_of(traceback: TracebackType | None) -> Iterator[Any]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def shown(value: Any, depth: int = 6) -> str:
    """Return a value as a collector serialises it, mappings and sequences by their parts."""
    text = f"{value!r} {value!s}" if not isinstance(value, type) else ""
    if depth and isinstance(value, Mapping):
        text += "".join(f"{key}={shown(inner, depth - 1)}" for key, inner in value.items())
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        text += "".join(shown(inner, depth - 1) for inner in value)
    elif depth and isinstance(value, BaseException):
        text += shown(vars(value), depth - 1)
    elif depth and type(value).__name__ in ("ApiResponseMeta", "NodeConfig", "HttpHeaders"):
        text += "".join(shown(getattr(value, n, ""), depth - 1) for n in ("node", "headers"))
    return text


def collected(error: BaseException) -> str:
    """Return what a collector of the variables of all frames sends away."""
    # The tests have the credentials.
    return "\n".join(
        shown(value)
        for each in all_causes(error)
        for part in (
            [each, each.args, vars(each)],
            *(
                frame.f_locals.values()
                for frame in frames_of(each.__traceback__)
                if frame.f_code.co_filename != __file__
            ),
        )
        for value in part
    )


parsed = cache(DEBUG_ENGINE.from_string)


def reported(error: BaseException) -> dict[str, str]:
    """Return every report of an error."""
    mail.outbox.clear()
    record = logging.LogRecord(
        "django", logging.ERROR, __file__, 1, "x", (), (type(error), error, error.__traceback__)
    )
    AdminEmailHandler(include_html=True).emit(record)
    [sent] = mail.outbox
    [(html, _)] = sent.alternatives
    reporter = reporter_of(error)
    return {
        "text": reporter.get_traceback_text(),
        "html": reporter.get_traceback_html(),
        "mail": f"{sent.body}",
        "mail in html": str(html),
        **told(error),
    }


def told(error: BaseException) -> dict[str, str]:
    """Return all that any report of an error is made of: it takes an eighth of the time.

    Django's templates have these data and nothing else; a mail has fewer of them.
    """
    data = reporter_of(error).get_traceback_data()
    return {
        "frames": collected(error),
        "json": json.dumps(data, default=lambda value: f"{value!r} {value!s}"),
    }


def reporter_of(error: BaseException) -> ExceptionReporter:
    return ExceptionReporter(None, type(error), error, error.__traceback__)


@pytest.fixture
def use(settings: Any) -> Callable[..., None]:
    settings.ADMINS = [("Ada", "ada@example.com")]
    # Django shows settings in each report: a check is for those, see W002.
    settings.DEFAULT_EXCEPTION_REPORTER_FILTER = "django_es_admin.backends.reporting.ReporterFilter"

    def use(server: dict[str, Any], engine: str) -> None:
        path = f"django_es_admin.backends.elasticsearch.{engine}"
        if engine == "OwnBackend":
            path = f"{__name__}.OwnBackend"
        params = {"request_timeout": 0.3, "max_retries": 1, **server.get("PARAMS", {})}
        settings.ES_INDICES = {}
        settings.ES_SERVERS = {"default": {**server, "ENGINE": path, "PARAMS": params}}

    return use


@pytest.fixture(autouse=True)
def _templates_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse the templates of Django's reports, which are the longest it has, once for all."""
    monkeypatch.setattr(DEBUG_ENGINE, "from_string", parsed)


@pytest.fixture(autouse=True)
def _fresh_filter() -> Iterator[None]:
    get_default_exception_reporter_filter.cache_clear()
    yield
    get_default_exception_reporter_filter.cache_clear()


class Kept(logging.Handler):
    """Keeps what is logged, with the variables of the frames of each error."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(f"{record.getMessage()} {record.__dict__!r}")
        if record.exc_info and record.exc_info[1] is not None:
            self.texts.append(collected(record.exc_info[1]))
            self.texts += [shown(f.f_locals) for f in frames_of(record.exc_info[2])]


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler = Kept()
    loggers = [logging.getLogger(name) for name in ("", "elastic_transport.node", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def found_in(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(what, secret) for what, text in texts.items() for secret in SECRETS if secret in text]


def error_of(ask: Callable[[], object]) -> BaseException | None:
    try:
        ask()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is looked at)
        return error
    return None


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("way", "engine"),
    [
        *((way, "SimpleHttpBackend") for way in WAYS),
        *((way, "SimpleRequestsHttpBackend") for way in ("url", "basic_auth", "headers")),
        ("a header that cannot be sent", "SimpleRequestsHttpBackend"),
    ],
)
def test_a_server_that_fails(use: Callable[..., None], kept: Kept, engine: str, way: str) -> None:
    found = []
    for name, serve in SERVERS.items():
        with serve() as url:
            use(WAYS[way](url), engine)
            asked = ASKED if name in ("closed port", "401") else {"a method": ASKED["a method"]}
            for what, ask in asked.items():
                error = error_of(ask)
                assert error is not None, (name, what)
                # One way has every report of every error, and each way of one.
                whole = way == "url" or (name, what) == ("401", "a method")
                texts = reported(error) if whole else told(error)
                found += [(name, what, each) for each in found_in(texts)]
    assert found == []
    assert found_in({"logs": "\n".join(kept.texts)}) == []


@pytest.mark.few(3)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("way", ["url", "host", "basic_auth", "headers"])
def test_a_server_that_answers(
    es: Elasticsearch, use: Callable[..., None], kept: Kept, engine: str, way: str
) -> None:
    prefix = connections["default"].index_prefix
    [node] = es.transport.node_pool.all()
    use(WAYS[way](node.base_url), engine)
    for ask in (
        lambda: connection.search(index=f"{prefix}none"),
        lambda: connection.search(index=f"{prefix}*", query={"nonsense": {}}),
        lambda: connection.client.indices.create(index=f"{prefix}A"),
        lambda: connection.get(index=f"{prefix}none", id=".."),
        lambda: connection.client.options(headers={"X-Gateway": HEADER}).cat.count(index="-"),
    ):
        error = error_of(ask)
        assert error is not None
        assert found_in(reported(error)) == []
    assert found_in({"logs": "\n".join(kept.texts)}) == []


@pytest.mark.parametrize(
    "way", ["url", "basic_auth", "api_key", "bearer_auth", "headers", "headers with Authorization"]
)
def test_our_errors_from_a_client_that_is_not_ours(use: Callable[..., None], way: str) -> None:
    with refusing_port() as url:
        use(WAYS[way](url), "OwnBackend")
        error = error_of(translated_search)
    assert error is not None
    assert found_in(reported(error)) == []


@pytest.mark.parametrize(
    "options",
    [
        {"basic_auth": (USER, PASSWORD), "api_key": KEY},
        {"bearer_auth": TOKEN, "max_retries": "many"},
        {"headers": {"X-Gateway": HEADER}, "nonsense": 1},
    ],
)
def test_options_that_are_wrong(options: dict[str, Any]) -> None:
    error = error_of(lambda: connection.options(**options))
    assert isinstance(error, (TypeError, ValueError))
    assert found_in({"frames": collected(error)}) == []


@pytest.mark.parametrize(
    "mistake",
    [
        {"ENGINE": "django_es_admin.nowhere.Backend"},
        {"ENGINE": "django.test.TestCase"},
        {"ENGINE": "django_es_admin.backends.elasticsearch.SimpleThriftBackend"},
        {"ENGINE": "django_es_admin.backends.elasticsearch.BaseElasticsearchBackend"},
        {"COLOR": "pink"},
        {"INDEX_PREFIX": "*"},
        {"HOSTS": [{"host": f"{USER}:{PASSWORD}@es"}]},
        {"HOSTS": [f"http://{USER}:{PASSWORD}@es"]},
        {"TEST": {"HOSTS": [f"ftp://{USER}:{PASSWORD}@es"]}},
        {"PARAMS": {"nonsense": PASSWORD}},
        {"PARAMS": {"ca_certs": "/nowhere", "api_key": KEY}},
        {"PARAMS": {"ssl_assert_fingerprint": "12", "bearer_auth": TOKEN}},
        {"PARAMS": {"sniff_on_start": True, "bearer_auth": TOKEN, "request_timeout": 0.2}},
        {"PARAMS": {"basic_auth": (USER, PASSWORD), "api_key": KEY}},
        {"PARAMS": {"headers": HEADER}},
    ],
    ids=repr,
)
def test_settings_that_are_wrong(settings: Any, use: Any, mistake: dict[str, Any]) -> None:
    with refusing_port() as url:
        settings.ES_INDICES = {}
        settings.ES_SERVERS = {
            "default": {
                "HOSTS": [url.replace("http:", "https:")],
                "PARAMS": {"basic_auth": (USER, PASSWORD), "headers": {"X-Gateway": HEADER}},
                **mistake,
            }
        }
        error = error_of(lambda: connection.client.cat.health(v=True))
    assert error is not None
    # These are found out when somebody asks.
    if not {"ca_certs", "sniff_on_start"} & mistake.get("PARAMS", {}).keys():
        assert isinstance(error, ImproperlyConfigured)
    assert found_in(reported(error)) == []
