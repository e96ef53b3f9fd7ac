"""Other servers that answer instead of Elasticsearch: one line names the connection."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests import servers
from tests.attempts import noted_attempts
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX

pytestmark = pytest.mark.django_db

JSON = "application/json"
NOT_ELASTICSEARCH = (
    "was answered by something that is not Elasticsearch: correct HOSTS in ES_SERVERS['default']"
)
UNREACHABLE = "is unreachable: start Elasticsearch, or correct HOSTS in ES_SERVERS['default']."

BAD: dict[str, tuple[Callable[[], AbstractContextManager[str]], str]] = {
    "html": (servers.answering, NOT_ELASTICSEARCH),
    "401 of Elasticsearch": (
        lambda: servers.answering(401, servers.UNAUTHORIZED_JSON, JSON, elasticsearch=True),
        "was refused (401): correct the credentials in PARAMS of ES_SERVERS['default']",
    ),
    "401 of a proxy": (
        lambda: servers.answering(401),
        "was refused (401): correct the credentials in ES_SERVERS['default'].",
    ),
    "403": (
        lambda: servers.answering(403, servers.UNAUTHORIZED_JSON, JSON, elasticsearch=True),
        "was refused (403)",
    ),
    "older than the client": (
        lambda: servers.answering(400, servers.TOO_OLD_JSON, JSON, elasticsearch=True),
        "is an older Elasticsearch, which refuses the installed client of version 9: "
        "pip install 'django-es-admin[es8]', the extra with a client of version 8.",
    ),
    "429 of Elasticsearch": (
        lambda: servers.answering(429, servers.BUSY_JSON, JSON, elasticsearch=True),
        "is overloaded (429): try again later.",
    ),
    "429 of a proxy": (
        lambda: servers.answering(429),
        "is overloaded (429): try again later.",
    ),
    "502": (
        lambda: servers.answering(502, "<h1>Bad gateway</h1>"),
        "was answered 502 by something that is not Elasticsearch",
    ),
    "redirect": (lambda: servers.answering(302), "was answered 302 by something"),
    "JSON of something else": (
        lambda: servers.answering(200, '{"hello": "world"}', JSON),
        NOT_ELASTICSEARCH,
    ),
    "JSON with our header": (
        lambda: servers.answering(200, "[]", JSON, elasticsearch=True),
        NOT_ELASTICSEARCH,
    ),
    "broken JSON": (
        lambda: servers.answering(200, '{"a', JSON, elasticsearch=True),
        NOT_ELASTICSEARCH,
    ),
    "silence": (servers.hanging, "did not answer in time: check that Elasticsearch is up"),
    "closed port": (servers.refusing_port, UNREACHABLE),
    "SSH": (lambda: servers.sending(b"SSH-2.0-OpenSSH_9.2\r\n"), UNREACHABLE),
    "binary": (lambda: servers.sending(bytes(range(256)) * 40), UNREACHABLE),
    "hangs up": (servers.closing, UNREACHABLE),
    "half an answer": (
        lambda: servers.sending(
            b"HTTP/1.1 200 OK\r\nX-Elastic-Product: Elasticsearch\r\n"
            b"Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        ),
        UNREACHABLE,
    ),
}

COMMANDS = [
    ["es_create"],
    ["es_rebuild", INDEX],
    ["es_swap_alias", INDEX, "--no-input"],
    ["es_delete", INDEX, "--no-input"],
]


@pytest.fixture(params=BAD)
def expected(request: Any, settings: Any) -> Iterator[str]:
    """Point the connection at a bad server; give what is to be said of it."""
    serve, message = BAD[request.param]
    settings.ES_ADMIN = {**settings.ES_ADMIN, "OPERATION_TIMEOUT": 0.5}
    with serve() as url:
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [url]}}
        yield f"The connection 'default' {message}"


def is_one_line_with(text: str, expected: str) -> bool:
    return text.startswith(expected) and "\n" not in text


@pytest.mark.few(25)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_operations_fail_with_one_line(run: Run, expected: str, command: list[str]) -> None:
    ended = run(*command)
    assert ended.code == 1
    assert is_one_line_with(ended.message, expected)
    assert (ended.out, ended.err) == ("", "")


def test_the_status_shows_it(run: Run, expected: str) -> None:
    with noted_attempts() as attempts:
        ended = run("es_status", INDEX, "--timeout", "2", "--check")
    assert attempts.longest <= 2
    assert ended.code == 2
    (line,) = [line for line in ended.out.splitlines() if line.startswith("  default: ")]
    assert is_one_line_with(line.removeprefix("  default: "), expected)


def test_tls_where_there_is_none(run: Run, settings: Any) -> None:
    with servers.answering() as url:
        secure = url.replace("http:", "https:")
        settings.ES_SERVERS = {"default": {**settings.ES_SERVERS["default"], "HOSTS": [secure]}}
        ended = run("es_create")
    assert ended.message == (
        "The connection 'default' refused TLS: check the scheme in HOSTS and ca_certs in PARAMS "
        "of ES_SERVERS['default']."
    )
