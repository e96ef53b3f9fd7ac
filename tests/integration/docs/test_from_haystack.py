"""The page of those who come from django-haystack, followed from top to bottom."""

import json
from collections.abc import Callable

import pytest

from tests.pasted import Project

USE = """
import json
from datetime import datetime, timezone
from django.contrib.auth.models import User
from django.test import Client
from django_es_admin import connection
from notes.models import Note

daniel = User.objects.create(username="daniel")
note = {"user": daniel, "pub_date": datetime(2026, 1, 2, tzinfo=timezone.utc)}
Note.objects.create(**note, title="Django search", body="All of it.")
Note.objects.create(**note, title="A secret of Django", body="None of it.", is_public=False)
connection.refresh(index=connection.prefixed("notes"))

import notes.examples
client = Client(SERVER_NAME="localhost")
print(json.dumps({
    "page": client.get("/search/", {"q": "django"}).content.decode(),
    "wrong": client.get("/search/", {"page": "0"}).status_code,
    "json": client.get("/search.json", {"q": "serach", "author": "daniel"}).json(),
    "suggestions": client.get("/autocomplete.json", {"q": "dja"}).json()["suggestions"],
    "keys": len(notes.examples.keys),
}))
"""


@pytest.mark.slow
@pytest.mark.in_ci
def test_each_block(follow: Callable[..., Project]) -> None:
    project = follow("from-haystack.md", app="notes")
    answer = json.loads(project.script(USE))
    assert "Django search by daniel" in answer["page"]
    assert "secret" not in answer["page"]
    assert answer["wrong"] == 200
    assert [note["title"] for note in answer["json"]["results"]] == ["Django search"]
    assert [each["text"] for each in answer["suggestions"]] == ["Django search"]
    assert answer["keys"] == 1
