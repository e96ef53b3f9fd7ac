"""The check that names models whose bulk operations are not captured."""

from typing import Any

import pytest
from django.core import checks

from django_es_admin.checks import check_bulk, check_triggers
from django_es_admin.documents import Document, registry
from django_es_admin.exceptions import DocumentMisdeclared
from django_es_admin.outbox import CapturedManager
from tests.guide.models import Kiosk
from tests.rows.models import Moment


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


def test_w070_leaves_alone_who_has_triggers() -> None:
    document = declare(capture="triggers")
    try:
        assert named() == []
        assert [message for message in check_triggers() if message.obj is document] == []
    finally:
        registry.unregister_document(document)


def test_e071_names_a_document_whose_keys_only_python_knows() -> None:
    attributes = {
        "Index": type("Index", (), {"name": "rooms"}),
        "Django": type("Django", (), {"model": Moment, "capture": "triggers"}),
    }
    document = registry.register_document(type("MomentDocument", (Document,), attributes))
    try:
        [message] = [one for one in check_triggers() if one.obj is document]
        assert message.id == "elasticsearch.E071"
        assert "DateTimeField" in message.msg
    finally:
        registry.unregister_document(document)


def test_an_unknown_way_to_capture() -> None:
    with pytest.raises(DocumentMisdeclared, match="'signals', 'triggers'"):
        declare(capture="rules")
