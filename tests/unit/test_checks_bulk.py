"""The check that names models whose bulk operations are not captured."""

from typing import Any

import pytest
from django.core import checks

from django_es_admin.checks import check_bulk
from django_es_admin.documents import Document, registry
from django_es_admin.outbox import CapturedManager
from tests.guide.models import Kiosk


def declare(**options: Any) -> type[Document]:
    attributes = {
        "Index": type("Index", (), {"name": "kiosks"}),
        "Django": type("Django", (), {"model": Kiosk, "fields": ["name"], **options}),
    }
    return registry.register_document(type("KioskDocument", (Document,), attributes))


def named() -> list[str | None]:
    return [message.id for message in check_bulk() if message.obj is Kiosk]


def test_w070_names_a_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert named() == []
    documents = [declare(), declare()]
    try:
        assert named() == ["elasticsearch.W070"]
        assert "elasticsearch.W070" in [message.id for message in checks.run_checks()]
        manager = CapturedManager()
        manager.model = Kiosk
        monkeypatch.setitem(Kiosk._meta.__dict__, "default_manager", manager)
        assert named() == []
    finally:
        for document in documents:
            registry.unregister_document(document)


def test_w070_leaves_alone_who_indexes_by_hand() -> None:
    document = declare(ignore_signals=True)
    try:
        assert named() == []
    finally:
        registry.unregister_document(document)
