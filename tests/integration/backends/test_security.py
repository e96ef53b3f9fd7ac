"""TLS and credentials on a real server with security on; none of them is ever shown."""

import logging
import traceback
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.views.debug import DEBUG_ENGINE, ExceptionReporter
from elasticsearch.dsl import Search

from django_es_admin import connection, connections
from django_es_admin.backends.errors import translated
from django_es_admin.exceptions import AccessRefused, ConnectionUnavailable, ElasticsearchAdminError
from tests.integration.admin.visitors import anyone_who_may_look
from tests.secured import API_KEY, PASSWORD, USER, Secured

# Where some tests have a database, pytest-django runs these first: one server for all is enough.
pytestmark = pytest.mark.django_db
ENGINES = ["SimpleHttpBackend", "SimpleRequestsHttpBackend"]
PAGES = ["change", "mapping", "documents", "analyze", "generations", "operations"]
Server = dict[str, Any]


@pytest.fixture
def use(settings: Any, prefix: str) -> Callable[..., None]:
    """Make a server's settings those of the connection ``default``."""

    def use(server: Server) -> None:
        settings.ES_INDICES = {"products": {"SETTINGS": {"number_of_replicas": 0}}}
        settings.ES_SERVERS = {
            "default": {"INDICES": ["products"], "INDEX_PREFIX": prefix, **server}
        }

    return use


def by_password(secured: Secured) -> Server:
    return {
        "HOSTS": [secured.url],
        "PARAMS": {"basic_auth": (USER, PASSWORD), "ca_certs": secured.ca},
    }


def by_password_as_old_clients(secured: Secured) -> Server:
    params = {"http_auth": f"{USER}:{PASSWORD}", "ca_certs": secured.ca, "timeout": 30}
    return {"HOSTS": [secured.url], "PARAMS": params}


def by_host(secured: Secured) -> Server:
    parts = urlsplit(secured.url)
    host = {"host": parts.hostname, "port": parts.port, "use_ssl": True}
    host["http_auth"] = (USER, PASSWORD)
    return {"HOSTS": [host], "PARAMS": {"ca_certs": secured.ca}}


def by_url(secured: Secured) -> Server:
    url = secured.url.replace("https://", f"https://{USER}:{quote(PASSWORD, safe='')}@")
    return {"HOSTS": [url], "PARAMS": {"ca_certs": secured.ca}}


def by_api_key(secured: Secured) -> Server:
    params = {"api_key": secured.api_key()["encoded"], "ca_certs": secured.ca}
    return {"HOSTS": [secured.url], "PARAMS": params}


def by_api_key_in_two_parts(secured: Secured) -> Server:
    key = secured.api_key()
    params = {"api_key": (key["id"], key["api_key"]), "ca_certs": secured.ca}
    return {"HOSTS": [secured.url], "PARAMS": params}


def by_fingerprint(secured: Secured) -> Server:
    params = {"basic_auth": (USER, PASSWORD), "ssl_assert_fingerprint": secured.fingerprint}
    return {"HOSTS": [secured.url], "PARAMS": params}


def by_cloud_id(secured: Secured) -> Server:
    # The part of the host that names the cluster is "127" here.
    port = urlsplit(secured.url).port
    cloud_id = f"mine:{b64encode(f'0.0.1:{port}$127'.encode()).decode()}"
    params = {"basic_auth": (USER, PASSWORD), "ca_certs": secured.ca, "cloud_id": cloud_id}
    return {"PARAMS": params}


WAYS = [
    by_password,
    by_password_as_old_clients,
    by_host,
    by_url,
    by_api_key,
    by_api_key_in_two_parts,
    by_cloud_id,
    by_fingerprint,
]


def values_of(server: Server) -> set[str]:
    """Return every text that no one may see: credentials, and how they are sent."""
    params, found = server["PARAMS"], {PASSWORD, quote(PASSWORD, safe=""), f"{USER}:"}
    found.add(b64encode(f"{USER}:{PASSWORD}".encode()).decode())
    key = params.get("api_key")
    if isinstance(key, tuple):
        found |= {*key, b64encode(":".join(key).encode()).decode()}
    return found | {key} if isinstance(key, str) else found


def shown_in(text: str, secrets: set[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("way", WAYS)
def test_credentials(
    secured: Secured,
    use: Callable[..., None],
    way: Callable[[Secured], Server],
    engine: str,
) -> None:
    use({"ENGINE": f"django_es_admin.backends.elasticsearch.{engine}", **way(secured)})
    assert connection.client.security.authenticate()["username"] == USER
    key = f"{way.__name__}-{engine}"
    assert connection.create(key, {"a": 1}, refresh=True)["result"] == "created"
    assert connection.get(key)["_source"] == {"a": 1}
    found = Search(using="default", index=connection.indices).query("ids", values=[key]).execute()
    assert [hit.meta.id for hit in found] == [key]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("other", [True, False])
def test_an_authority_that_is_not_known(
    secured: Secured, use: Callable[..., None], engine: str, other: bool
) -> None:
    params = {"basic_auth": (USER, PASSWORD)} | ({"ca_certs": secured.other_ca} if other else {})
    engine = f"django_es_admin.backends.elasticsearch.{engine}"
    use({"ENGINE": engine, "HOSTS": [secured.url], "PARAMS": params})
    with (
        pytest.raises(ConnectionUnavailable, match=r"'default' refused TLS: check .* ca_certs"),
        translated(connection),
    ):
        connection.client.info()


def test_without_tls(secured: Secured, use: Callable[..., None]) -> None:
    use({"HOSTS": [secured.url.replace("https:", "http:")]})
    with (
        pytest.raises(ElasticsearchAdminError, match=r"ES_SERVERS\['default'\]"),
        translated(connection),
    ):
        connection.client.info()


WRONG = {
    "password": {"basic_auth": (USER, "wrong-passw0rd")},
    "user": {"basic_auth": ("nobody-known", PASSWORD)},
    "key": {"api_key": "d3Jvbmc6d3Jvbmc="},
}


@pytest.mark.parametrize("params", WRONG.values(), ids=WRONG)
def test_wrong_credentials(
    secured: Secured, use: Callable[..., None], params: dict[str, Any]
) -> None:
    use({"HOSTS": [secured.url], "PARAMS": {"ca_certs": secured.ca, **params}})
    with (
        pytest.raises(AccessRefused, match=r"refused \(401\): correct the credentials in PARAMS"),
        translated(connection),
    ):
        connection.client.info()


def test_a_key_that_may_only_read(secured: Secured, use: Callable[..., None], prefix: str) -> None:
    use(by_password(secured))
    connection.create("read", {"a": 1}, refresh=True)
    rights = {"indices": [{"names": [f"{prefix}*"], "privileges": ["read"]}]}
    key = secured.api_key(role_descriptors={"reader": rights})["encoded"]
    use({"HOSTS": [secured.url], "PARAMS": {"api_key": key, "ca_certs": secured.ca}})
    assert connection.get("read")["found"]
    with (
        pytest.raises(AccessRefused, match=r"\(403\).*or give that user the right"),
        translated(connection),
    ):
        connection.create("write", {})


# Secrets


parsed = cache(DEBUG_ENGINE.from_string)


@pytest.fixture(autouse=True)
def _templates_are_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse the templates of Django's reports, which are the longest it has, once for all."""
    monkeypatch.setattr(DEBUG_ENGINE, "from_string", parsed)


def reports(error: BaseException) -> str:
    """Return what Django mails to the admins, as text and as HTML, and a traceback."""
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__)
    return "\n".join(
        (
            *traceback.format_exception(error),
            reporter.get_traceback_text(),
            reporter.get_traceback_html(),
        )
    )


def raised_by(call: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever it is, it is looked at)
        call()
    return caught.value


def commands(capsys: pytest.CaptureFixture[str]) -> str:
    said = []
    for words in (
        ["es_status"],
        ["es_status", "--json"],
        ["es_create", "products"],
        ["es_delete", "products"],
        ["check"],
        ["check", "--deploy"],
    ):
        try:
            call_command(*words)
        except (CommandError, SystemExit) as error:
            said.append(str(error))
    captured = capsys.readouterr()
    return "\n".join((*said, captured.out, captured.err))


def pages() -> str:
    client = anyone_who_may_look()
    answers = [client.get(reverse("admin:app_list", args=["elasticsearch"]))]
    answers += [
        client.get(reverse(f"admin:elasticsearch_index_{name}", args=["default_3Aproducts"]))
        for name in PAGES
    ]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(answer.text for answer in answers)


@pytest.fixture(params=WAYS)
def server(request: pytest.FixtureRequest, secured: Secured) -> Server:
    return dict(request.param(secured))


@pytest.mark.few(4)
@pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])
def test_secrets_are_never_displayed(
    server: Server,
    use: Callable[..., None],
    right: bool,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secrets = values_of(server)
    if not right:
        # The server is reached, and not believed.
        server["PARAMS"].pop("ca_certs", None)
        server["PARAMS"].pop("ssl_assert_fingerprint", None)
    use(server)
    caplog.set_level(logging.DEBUG)
    shown = {"pages": pages(), "commands": commands(capsys)}
    client = connection.client
    named = (connection, connections, client, client.transport, *client.transport.node_pool.all())
    shown["names"] = "\n".join(f"{each!r} {each}" for each in (*named, vars(client.transport)))
    shown["error"] = reports(raised_by(lambda: connection.search({"query": {"nonsense": {}}})))
    shown["log"] = caplog.text
    if "W002" in shown["commands"]:
        # The password of a URL: Django shows the setting itself, and the check has said so.
        del shown["error"]
    assert {what: shown_in(text, secrets) for what, text in shown.items()} == {
        what: [] for what in shown
    }


@pytest.mark.parametrize(
    "mistake",
    [
        {"ENGINE": "django_es_admin.nowhere.Backend"},
        {"ENGINE": "django.test.TestCase"},
        {"ENGINE": "django_es_admin.backends.elasticsearch.SimpleThriftBackend"},
        {"ENGINE": "django_es_admin.backends.elasticsearch.BaseElasticsearchBackend"},
        {"COLOR": "pink"},
        {"oops": 1},
    ],
)
def test_secrets_are_not_displayed_where_settings_are_wrong(
    use: Callable[..., None], mistake: dict[str, Any]
) -> None:
    params: dict[str, Any] = {"basic_auth": (USER, PASSWORD), "api_key": API_KEY}
    params.update({"oops": mistake.pop("oops")} if "oops" in mistake else {})
    use({"HOSTS": ["https://127.0.0.1:9"], "PARAMS": params, **mistake})
    error = raised_by(lambda: connection.client)
    assert isinstance(error, ImproperlyConfigured)
    assert shown_in(reports(error), {PASSWORD, USER, API_KEY}) == []
