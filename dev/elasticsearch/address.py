"""Ask an address what is running there."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit


@dataclass(frozen=True)
class Answer:
    """The result of one request to an address."""

    version: str | None
    """Elasticsearch's version; None if it is not Elasticsearch, or refuses the request."""

    listening: bool
    """Whether a process uses the port."""

    reason: str
    """Why there is no version, in words; empty if there is one."""


def ask(url: str, seconds: float = 5.0) -> Answer:
    """Send `GET /` to `url`, wait at most `seconds`, and return the result."""
    try:
        root = json.loads(_get(url, seconds))
        return Answer(version=root["version"]["number"], listening=True, reason="")
    except urllib.error.HTTPError as error:
        return Answer(None, listening=True, reason=f"it answers HTTP {error.code} {error.reason}")
    except urllib.error.URLError as error:
        if isinstance(error.reason, socket.timeout):
            return Answer(None, listening=True, reason=f"no answer within {seconds:g} s")
        refused = isinstance(error.reason, (ConnectionRefusedError, socket.gaierror))
        return Answer(None, listening=not refused, reason=str(error.reason))
    except TimeoutError:
        return Answer(None, listening=True, reason=f"no answer within {seconds:g} s")
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return Answer(None, listening=True, reason="what answers there is not Elasticsearch")


def wait_until_answering_or_free(url: str, seconds: float) -> Answer:
    """Ask `url` until Elasticsearch answers or the port is free, for up to `seconds`.

    Returns the last answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        # A server that is stopping accepts connections, but does not answer.
        answer = ask(url, seconds=1.0)
        if answer.version or not answer.listening or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


def wait_for_shards(url: str, seconds: int) -> None:
    """Wait up to `seconds` for the indices of an earlier run.

    A server answers before it has opened its indices, and until then searches would fail.
    """
    try:
        _get(
            f"{url.rstrip('/')}/_cluster/health?wait_for_status=yellow&timeout={seconds}s",
            seconds + 5.0,
        )
    except (OSError, http.client.HTTPException):
        return  # a red cluster is still better than none, and its user will notice


def hide_password(url: str) -> str:
    """Return `url` without the user and password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _get(url: str, seconds: float) -> bytes:
    parts = urlsplit(url)
    request = urllib.request.Request(hide_password(url))
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    # Ignore the proxy of the environment for a server on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=seconds) as response:
        return bytes(response.read())
