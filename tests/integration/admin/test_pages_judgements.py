"""Judgements in the admin: their rights, what they refuse, import and export."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from elasticsearch import Elasticsearch
from import_export.formats.base_formats import CSV
from tablib import Dataset

from django_es_admin.import_export.judgements import JudgementResource
from django_es_admin.models import Judgement

from .visitors import visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("es")]
LIST = reverse("admin:elasticsearch_judgement_changelist")
ADD = reverse("admin:elasticsearch_judgement_add")
GOOD = {
    "connection": "default",
    "index": "products",
    "search": "ProductSearchService",
    "words": " Trail  SHOE",
    "key": "17",
    "grade": "3",
}


def test_who_may(es: Elasticsearch) -> None:
    reader = visitor("elasticsearch.view_judgement")
    assert reader.get(LIST).status_code == 200
    assert reader.get(ADD).status_code == 403
    assert visitor("elasticsearch.view_index").get(LIST).status_code == 403


def test_add_and_refuse(es: Elasticsearch) -> None:
    client = visitor("elasticsearch.add_judgement", "elasticsearch.view_judgement")
    assert client.post(ADD, GOOD).status_code == 302
    assert Judgement.objects.get().words == "trail shoe"
    for wrong in ({"search": "Nope"}, {"index": "nope"}, {"grade": "4"}, {"words": "TRAIL shoe"}):
        assert client.post(ADD, {**GOOD, **wrong}).status_code == 200
    assert Judgement.objects.count() == 1


def test_what_is_declared_is_offered(es: Elasticsearch) -> None:
    client = visitor("elasticsearch.add_judgement", "elasticsearch.view_judgement")
    text = client.get(ADD).content.decode()
    for name, value in (("connection", "default"), ("index", "products"), ("search", "all fields")):
        assert re.search(rf'<select name="{name}".*?<option value="{value}"', text, re.DOTALL)


def test_a_file_out_and_in(es: Elasticsearch) -> None:
    Judgement.objects.create(**{**GOOD, "words": "trail shoe", "grade": 3})
    file = JudgementResource().export().csv
    Judgement.objects.update(grade=0)
    data = Dataset().load(file, format="csv")
    data.append(["", "products", "ProductSearchService", "New  Words", "18", "2"])
    result = JudgementResource().import_data(data, raise_errors=True)
    assert not result.has_errors()
    found = Judgement.objects.order_by("key").values_list("words", "key", "grade", "connection")
    assert list(found) == [("trail shoe", "17", 3, "default"), ("new words", "18", 2, "default")]
    bad = Dataset(["default", "products", "S", "x", "1", "7"], headers=data.headers)
    assert JudgementResource().import_data(bad).has_validation_errors()


def test_the_buttons(es: Elasticsearch) -> None:
    client = visitor(superuser=True)
    assert "import/" in client.get(LIST).content.decode()
    url = reverse("admin:elasticsearch_judgement_import")
    text = "index,search,words,key,grade\nproducts,ProductSearchService,lamp,1,3\n"
    upload = SimpleUploadedFile("j.csv", text.encode(), content_type=CSV.CONTENT_TYPE)
    response = client.post(url, {"import_file": upload, "format": "0", "resource": ""})
    assert response.context["confirm_form"]
