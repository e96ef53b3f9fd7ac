"""An Elasticsearch with security: TLS with its own certificate authority, and one user."""

import hashlib
import os
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trustme
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from tests.ports import free_port

SCRIPT = Path(__file__).parents[1] / "dev" / "elasticsearch" / "secured.py"
USER = "ada-the-user"
# With characters that could be handled wrongly in a URL, a header or a message.
PASSWORD = "hunter2:/@ %"
API_KEY = "k3y-of-the-cluster"
SECONDS_TO_START = 240


@dataclass(frozen=True)
class Secured:
    """The server.

    Args:
        ca: the path of its authority's certificate.
        other_ca: the path of another authority's certificate.
        fingerprint: the SHA-256 fingerprint of the server's certificate, in hex digits.
    """

    url: str
    ca: str
    other_ca: str
    fingerprint: str

    def client(self) -> Elasticsearch:
        """Return a client that may do everything."""
        return Elasticsearch(
            self.url, basic_auth=(USER, PASSWORD), ca_certs=self.ca, request_timeout=60
        )

    def api_key(self, **body: Any) -> dict[str, str]:
        """Create an API key; return its ``id``, ``api_key`` and ``encoded``."""
        with self.client() as client:
            return dict(client.security.create_api_key(name="of a test", **body).body)


@contextmanager
def running(folder: Path) -> Iterator[Secured]:
    """Run the server, with its certificates in ``folder``.

    Raises:
        RuntimeError: the server does not start. The message contains the output of the script.
    """
    authority, other = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    other.cert_pem.write_to_path(str(folder / "other.pem"))
    issued = authority.issue_cert("127.0.0.1", "localhost")
    issued.private_key_pem.write_to_path(str(folder / "node.key"))
    chain = [pem.bytes() for pem in issued.cert_chain_pems]
    (folder / "node.pem").write_bytes(b"".join(chain))
    fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(chain[0].decode())).hexdigest()
    (folder / "users").write_text(f"{USER}:{_hashed(PASSWORD)}\n")
    (folder / "users_roles").write_text(f"superuser:{USER}\n")
    script = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), f"--port={free_port()}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        authorities = (str(folder / "ca.pem"), str(folder / "other.pem"))
        secured = Secured(_address(script), *authorities, fingerprint)
        _wait(secured, script)
        yield secured
    finally:
        # Closing its input ends the server.
        script.communicate(timeout=60)


def _address(script: subprocess.Popen[str]) -> str:
    said = ""
    for line in script.stdout or ():
        if line.startswith("https://"):
            return line.strip()
        said += line
    raise RuntimeError(said)


def _wait(secured: Secured, script: subprocess.Popen[str]) -> None:
    def may_come(error: BaseException) -> bool:
        return isinstance(error, (ApiError, TransportError)) and script.poll() is None

    retrying = Retrying(
        retry=retry_if_exception(may_come),
        stop=stop_after_delay(SECONDS_TO_START),
        wait=wait_fixed(0.5),
        reraise=True,
    )
    with secured.client() as client:
        retrying(client.cluster.health)


def _hashed(password: str) -> str:
    """Return the hash of a password for Elasticsearch's file ``users``."""
    salt = os.urandom(32)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 1_000, 32)
    return f"{{PBKDF2}}1000${b64encode(salt).decode()}${b64encode(key).decode()}"
