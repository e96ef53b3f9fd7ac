"""The rebuild of an index without a document, on its pages: the same function as the command's."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch

from django_es_admin import connection
from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.background import do_queued
from django_es_admin.models import Operation

pytestmark = pytest.mark.django_db(transaction=True)

NAME = "logs"
KEY = f"default_3A{NAME}"


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", html))).split())


def live(es: Elasticsearch) -> str:
    [name] = es.indices.get_alias(
        index=get_definition(NAME).alias, name=get_definition(NAME).alias
    ).body
    return str(name)


def test_it_is_copied(admin_client: Client, es: Elasticsearch, settings: Any) -> None:
    settings.ES_INDICES = {**settings.ES_INDICES, NAME: {}}
    server = settings.ES_SERVERS["default"]
    settings.ES_SERVERS = {"default": {**server, "INDICES": [*server["INDICES"], NAME]}}
    call_command("es_create", NAME, verbosity=0)
    alias = get_definition(NAME).alias
    connection.index(index=alias, id="1", document={"text": "<b>first</b>"}, refresh=True)
    before = live(es)
    page = reverse("admin:elasticsearch_index_change", args=[KEY])
    address = reverse("admin:elasticsearch_index_rebuild", args=[KEY])
    assert address in admin_client.get(page).content.decode()

    plan = admin_client.get(address).content.decode()
    assert f"copy 1 document of {before} in Elasticsearch" in words(plan)
    assert "missing afterwards" in words(plan)
    assert 'href="?block=1"' in plan
    plan = admin_client.get(f"{address}?block=1").content.decode()
    assert f"block writes to {before}" in words(plan)
    assert "missing afterwards" not in words(plan)
    [mark] = re.findall(r'name="fingerprint" value="([0-9a-f]{16})"', plan)
    # What was confirmed is what is done: the plan without a block is another one.
    assert admin_client.post(address, {"fingerprint": mark}).status_code == 409
    assert admin_client.post(f"{address}?block=1", {"fingerprint": mark}).status_code == 302

    row = Operation.objects.latest("pk")
    assert row.details["block"] is True
    assert do_queued("default", row.pk) == live(es) != before
    told = words(
        admin_client.get(
            reverse("admin:elasticsearch_operation_change", args=[f"default_3A{row.pk}"])
        ).content.decode()
    )
    assert "1 of 1" in told
    assert f"is live with 1 document, in place of {before}" in told
