"""The toolbar's panel, in a process of its own: it puts itself into the client for good."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import django
django.setup()
from django.test import Client
print(Client(SERVER_NAME="localhost").get("/?q=lantern").content.decode())
"""


def test_the_panel_lists_what_a_page_asks_of_elasticsearch() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.toolbar",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "example_project"))),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    _, _, panel = ran.stdout.partition('id="djdt-ElasticDebugPanel"')
    assert "1 queries" in panel.partition("</li>")[0]
