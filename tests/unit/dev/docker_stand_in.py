"""Stands in for Docker's client where no daemon runs: its "container" is a small HTTP server.

It knows the words that the server script says to Docker, in the form that Docker documents, and
fails on any other. State is kept beside it.
"""

import json
import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

STATE = Path(__file__).with_name("state.json")


class Elasticsearch(BaseHTTPRequestHandler):
    """Answers as the root of Elasticsearch does."""

    def do_GET(self) -> None:
        """Name a version."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"version": {"number": "9.4.3"}}')

    def log_message(self, *words: object) -> None:
        """Say nothing."""


def serve(port: int) -> int:
    """Start the server in the background and return its process id."""
    return subprocess.Popen(
        [sys.executable, __file__, "serve", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ).pid


def main(words: list[str]) -> None:
    """Do what the words say."""
    state = json.loads(STATE.read_text()) if STATE.exists() else {}
    match words:
        case ["serve", port]:
            HTTPServer(("127.0.0.1", int(port)), Elasticsearch).serve_forever()
        case ["info"]:
            pass
        case ["run", "--detach", publish, *others, image]:
            assert all(word.startswith(("--env=", "--volume=", "--rm")) for word in others)
            option, address, port, inside = publish.replace("=", ":").split(":")
            assert (option, address, inside) == ("--publish", "127.0.0.1", "9200")
            state = {"port": int(port), "image": image, "words": others, "pid": serve(int(port))}
            print("c0ffee")
        case ["start", "c0ffee"]:
            state |= {"pid": serve(state["port"])}
        case ["inspect", "--format={{.State.Running}}", "c0ffee"]:
            print("true" if state["pid"] else "false")
        case ["stop", "c0ffee"]:
            os.kill(state["pid"], signal.SIGTERM)
            state |= {"pid": None}
        case _:
            sys.exit(f"unknown command: {words}")
    STATE.write_text(json.dumps(state))


main(sys.argv[1:])
