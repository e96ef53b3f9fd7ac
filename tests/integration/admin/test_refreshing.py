"""A page that fetches itself again keeps no session alive."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_es_admin.admin.pages.parts.refreshing import HEADER
from django_es_admin.models import Operation
from django_es_admin.templatetags import elasticsearch_admin

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("es")]


@pytest.fixture
def pages() -> list[str]:
    operation = Operation.objects.create(connection="default", index="products", kind="rebuild")
    return [
        reverse("admin:app_list", args=["elasticsearch"]),
        reverse("admin:elasticsearch_operation_change", args=[f"default_3A{operation.pk}"]),
    ]


@pytest.mark.parametrize("engine", ["db", "cached_db"])
def test_a_request_of_a_page_does_not_renew_the_session(
    admin_client: Client, pages: list[str], settings: Any, engine: str
) -> None:
    settings.SESSION_SAVE_EVERY_REQUEST = True
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    soon = timezone.now() + timedelta(minutes=5)
    for page in pages:
        for headers, is_renewed in (({HEADER: "1"}, False), ({}, True)):
            Session.objects.update(expire_date=soon)
            assert admin_client.get(page, headers=headers).status_code == 200
            assert (Session.objects.get().expire_date > soon) is is_renewed, (page, headers)


def test_a_session_that_changes_is_saved(
    admin_client: Client, pages: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dashboard = elasticsearch_admin.get_dashboard

    def changing(request: Any, *args: Any) -> Any:
        request.session["chosen"] = "x"
        return dashboard(request, *args)

    monkeypatch.setattr(elasticsearch_admin, "get_dashboard", changing)
    assert admin_client.get(pages[0], headers={HEADER: "1"}).status_code == 200
    assert admin_client.session["chosen"] == "x"
    assert project.SESSION_COOKIE_NAME in admin_client.cookies
