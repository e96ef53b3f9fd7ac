"""`es_verify` of an index that several documents fill."""

import json
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone

from django_es_admin.dsl import Document
from django_es_admin.dsl.registries import registry
from tests.cars.models import Car
from tests.testapp.models import Note


def declare(model_class: type[Model], name: str, changed: str) -> Any:
    @registry.register_document
    class OneDocument(Document):
        class Index:
            name = "mixed"
            settings = {"number_of_replicas": 0}

        class Django:
            model = model_class
            fields = [name]
            modified_fields = [changed]

        @classmethod
        def generate_id(cls, object_instance: Any) -> str:
            return f"{model_class._meta.model_name}-{object_instance.pk}"

    return OneDocument


@pytest.fixture
def mixed(rebuild: Any) -> date:
    """Twelve cars and twelve notes, of each four that were changed today."""
    declare(Car, "name", "launched")
    declare(Note, "title", "written")
    today = timezone.localdate()
    for number in range(12):
        day = today - timedelta(days=0 if number < 4 else 30)
        Car.objects.create(name="x", launched=day)
        Note.objects.create(title="x", written=day)
    rebuild()
    return today


def verify(*arguments: str) -> Any:
    out = StringIO()
    call_command("es_verify", "mixed", *arguments, "--json", stdout=out)
    [told] = json.loads(out.getvalue())["indices"]
    return told


@pytest.mark.few(2)
@pytest.mark.parametrize(("sample", "objects"), [(1, 1), (5, 5), (7, 7), (8, 8), (100, 8)])
def test_a_sample_of_what_was_changed(mixed: date, sample: int, objects: int) -> None:
    """It is one of all models together."""
    told = verify("--since", f"{mixed - timedelta(days=2)}", "--sample", f"{sample}")
    assert (told["objects"], told["stale"], told["missing"]) == (objects, 0, 0)


def test_all_that_was_changed(mixed: date) -> None:
    assert verify("--since", f"{mixed - timedelta(days=2)}")["objects"] == 8
    assert verify("--since", f"{mixed - timedelta(days=60)}")["objects"] == 24


def test_a_sample(mixed: date) -> None:
    told = verify("--sample", "9")
    assert (told["objects"], told["documents"]) == (9, 9)
