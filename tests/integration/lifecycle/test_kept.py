"""What Elasticsearch leaves out of `_source`, or writes in another way, is no difference."""

import json
import struct
from base64 import b64encode
from dataclasses import replace
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from django_es_admin.documents.reading.prepared import Prepared
from django_es_admin.indices.definition import IndexDefinition, get_definition
from django_es_admin.indices.source.kept import Kept, read_kept
from django_es_admin.indices.source.synthetic import canonical
from django_es_admin.lifecycle.verify.content import find_differences

VECTORS = {
    "v": {"type": "dense_vector", "dims": 3},
    "o": {"properties": {"v": {"type": "dense_vector", "dims": 2, "similarity": "cosine"}}},
    "n": {"type": "nested", "properties": {"v": {"type": "dense_vector", "dims": 2}}},
    "bits": {"type": "dense_vector", "dims": 8, "element_type": "bit"},
    "s": {"type": "sparse_vector"},
}
SYNTHETIC = {
    "k": {"type": "keyword"},
    "t": {"type": "text"},
    "d": {"type": "date"},
    "f": {"type": "float"},
    "i": {"type": "integer"},
    "b": {"type": "boolean"},
    "p": {"type": "geo_point"},
    "r": {"type": "integer_range"},
    "n": {"type": "nested", "properties": {"word": {"type": "keyword"}}},
}
SYNTHETIC_DOCUMENT = {
    "k": ["b", "a", "a"],
    "t": "Schöne Schuhe",
    "d": "2026-11-21",
    "f": 0.1,
    "i": [],
    "b": True,
    "p": {"lat": 48.1, "lon": 11.6},
    "r": {"gte": 1, "lt": 4},
    "n": [{"word": "x"}, {"word": "y"}],
    "o": [{"free": 1}, {"free": 2}],
    "none": None,
}


def kind_of(
    es: Elasticsearch,
    definition: IndexDefinition,
    mappings: dict[str, Any],
    documents: tuple[dict[str, Any], dict[str, Any]],
    settings: dict[str, Any] | None = None,
) -> str | None:
    """How the second document differs, for verify, after the first one was written."""
    written, wanted = documents
    index = f"{definition.connection.index_prefix}kept"
    es.indices.delete(index=index, ignore_unavailable=True)
    es.indices.create(
        index=index, mappings=mappings, settings={"number_of_replicas": 0, **(settings or {})}
    )
    es.index(index=index, id="1", document=written)
    bare = replace(definition, document=None)
    kept = read_kept(definition.connection, index)
    return find_differences(bare, index, kept, [Prepared(1, wanted)]).get("1")


@pytest.fixture
def definition(es: Elasticsearch) -> IndexDefinition:
    return get_definition("products_with_relations")


VECTOR_DOCUMENT = {
    "v": [0.1, 0.2, 1 / 3],
    "o": {"v": [3, 4]},
    "n": [{"v": [1.5, 2.0]}, {"v": [0.1, 0.7]}],
    "bits": [5],
    "s": {"a": 0.123456, "b": 2},
    "name": "x",
}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, None),
        ({"v": [0.1, 0.2, 0.34]}, "stale"),
        ({"v": None}, "stale"),
        ({"o": {"v": [3, 5]}}, "stale"),
        ({"n": [{"v": [1.5, 2.0]}, {"v": [0.1, 0.8]}]}, "stale"),
        ({"n": [{"v": [1.5, 2.0]}]}, "stale"),
        ({"bits": [6]}, "stale"),
        ({"s": {"a": 0.123456, "b": 3}}, "stale"),
        ({"s": {"a": 0.123456, "c": 2}}, "stale"),
        ({"name": "y"}, "stale"),
        ({"more": 1}, "stale"),
    ],
)
def test_vectors(
    es: Elasticsearch, definition: IndexDefinition, changed: dict[str, Any], kind: str | None
) -> None:
    documents = (VECTOR_DOCUMENT, VECTOR_DOCUMENT | changed)
    assert kind_of(es, definition, {"properties": VECTORS}, documents) == kind


def test_a_vector_that_is_none(es: Elasticsearch, definition: IndexDefinition) -> None:
    document = VECTOR_DOCUMENT | {"v": None}
    assert kind_of(es, definition, {"properties": VECTORS}, (document, document)) is None


TEXTS = {
    "floats": {"type": "dense_vector", "dims": 3},
    "bytes": {"type": "dense_vector", "dims": 6, "element_type": "byte"},
    "bits": {"type": "dense_vector", "dims": 24, "element_type": "bit"},
}


def packed(form: str, *numbers: float) -> str:
    return b64encode(struct.pack(form, *numbers)).decode()


@pytest.mark.parametrize(
    ("field", "same", "others"),
    [
        (
            "floats",
            [packed(">3f", 0.1, -2.5, 1 / 3), [0.1, -2.5, 1 / 3]],
            [packed(">3f", 0.1, -2.5, 0.34), packed("<3f", 0.1, -2.5, 1 / 3), [0.1, -2.5, 0]],
        ),
        (
            "bytes",
            ["ff007f80010a", packed("6b", -1, 0, 127, -128, 1, 10), [-1, 0, 127, -128, 1, 10]],
            ["ff007f80010b", packed("6b", 1, 0, 127, -128, 1, 10), "00", "no digits", ""],
        ),
        (
            "bits",
            ["0500ff", packed("3b", 5, 0, -1), [5, 0, -1]],
            ["0500fe", packed("3b", 5, 1, -1), [5, 0, 1]],
        ),
    ],
)
def test_vectors_that_are_sent_as_text(
    es: Elasticsearch,
    definition: IndexDefinition,
    field: str,
    same: list[Any],
    others: list[Any],
) -> None:
    """As hexadecimal digits or base64, of which other numbers are a difference."""
    mappings = {"properties": TEXTS}
    index = f"{definition.connection.index_prefix}kept"
    for wanted in same:
        documents = ({field: same[0]}, {field: wanted})
        assert kind_of(es, definition, mappings, documents) is None
    kept = read_kept(definition.connection, index)
    for wanted in others:
        prepared = Prepared(1, {field: wanted})
        bare = replace(definition, document=None)
        assert find_differences(bare, index, kept, [prepared]) == {"1": "stale"}


def test_a_half_float_that_is_sent_as_text() -> None:
    """Numbers of 16 bits, which are the first half of those of 32."""
    mappings = {"properties": {"v": {"type": "dense_vector", "element_type": "bfloat16"}}}
    kept = Kept(mappings, created=9_040_000)
    halves = b"".join(struct.pack(">f", number)[:2] for number in (1.5, -0.1, 3e5))
    body = json.dumps({"v": b64encode(halves).decode()}).encode()
    assert kept.is_same(body, {"v": [1.5, -0.1, 3e5]})
    assert not kept.is_same(body, {"v": [1.5, -0.2, 3e5]})


@pytest.mark.few(7)
@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, None),
        ({"k": ["a", "b"]}, None),
        ({"k": ["a", "c"]}, "stale"),
        ({"t": "Schöne Stiefel"}, "stale"),
        ({"d": "2026-11-22"}, "stale"),
        ({"d": "2026-11-21T00:00:00+00:00"}, None),
        ({"f": 0.2}, "stale"),
        ({"i": [1]}, "stale"),
        ({"b": False}, "stale"),
        ({"p": None}, "stale"),
        ({"r": None}, "stale"),
        ({"n": [{"word": "x"}, {"word": "z"}]}, "stale"),
        ({"o": [{"free": 1}, {"free": 3}]}, "stale"),
    ],
)
def test_a_synthetic_source(
    es: Elasticsearch, definition: IndexDefinition, changed: dict[str, Any], kind: str | None
) -> None:
    documents = (SYNTHETIC_DOCUMENT, SYNTHETIC_DOCUMENT | changed)
    settings = {"index.mapping.source.mode": "synthetic"}
    assert kind_of(es, definition, {"properties": SYNTHETIC}, documents, settings) == kind


def test_a_scaled_number() -> None:
    # The server of the tests does not have this type.
    mappings = {"properties": {"n": {"type": "scaled_float", "scaling_factor": 100}}}
    assert canonical({"n": 19.99}, mappings) == canonical({"n": 19.990000000000002}, mappings)
    assert canonical({"n": 19.99}, mappings) != canonical({"n": 19.98}, mappings)
    for half, whole in ((0.125, 0.13), (0.375, 0.38), (-0.125, -0.12), (2.5, 2.5)):
        assert canonical({"n": half}, mappings) == canonical({"n": whole}, mappings)


@pytest.mark.parametrize(
    ("written", "wanted", "kind"),
    [
        ("2001:db8::0:1", "2001:DB8:0::1", None),
        ("::ffff:10.0.0.1", "10.0.0.1", None),
        (["10.0.0.2", "10.0.0.1"], ["10.0.0.1", "10.0.0.2"], None),
        ("10.0.0.1", "10.0.0.2", "stale"),
        ("2001:db8::1", "2001:db8::2", "stale"),
    ],
)
def test_an_address_in_a_synthetic_source(
    es: Elasticsearch, definition: IndexDefinition, written: Any, wanted: Any, kind: str | None
) -> None:
    """It comes back in its shortest form."""
    mappings = {"properties": {"ip": {"type": "ip"}}}
    settings = {"index.mapping.source.mode": "synthetic"}
    for documents in (({"ip": written}, {"ip": written}), ({"ip": written}, {"ip": wanted})):
        expected = kind if documents[0] != documents[1] else None
        assert kind_of(es, definition, mappings, documents, settings) == expected


@pytest.mark.few(6)
@pytest.mark.parametrize("source", [{"excludes": ["big", "o.in*"]}, {"includes": ["a", "o.out"]}])
@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({}, None),
        ({"big": "y"}, None),
        ({"o": {"inner": 3, "out": 2}}, None),
        ({"o": {"inner": 1, "out": 3}}, "stale"),
        ({"a": 2}, "stale"),
        ({"a": True}, "stale"),
    ],
)
def test_parts_of_a_source(
    es: Elasticsearch,
    definition: IndexDefinition,
    source: dict[str, Any],
    changed: dict[str, Any],
    kind: str | None,
) -> None:
    document = {"a": 1, "big": "x", "o": {"inner": 1, "out": 2}}
    documents = (document, document | changed)
    assert kind_of(es, definition, {"_source": source}, documents) == kind


def test_no_source(es: Elasticsearch, definition: IndexDefinition) -> None:
    kind_of(es, definition, {"_source": {"enabled": False}}, ({"a": 1}, {"a": 1}))
    assert not read_kept(definition.connection, f"{definition.connection.index_prefix}kept").enabled


def test_numbers_and_characters_that_a_fast_reader_does_not_take(
    es: Elasticsearch, definition: IndexDefinition
) -> None:
    mappings = {"properties": {"n": {"type": "double"}, "t": {"type": "text"}}}
    odd = {"n": 2**70, "t": "x"}
    assert kind_of(es, definition, mappings, (odd, odd)) is None
    assert kind_of(es, definition, mappings, (odd, odd | {"n": 1.5})) == "stale"
    assert kind_of(es, definition, mappings, (odd, odd | {"n": 2**70 + 1})) == "stale"


def test_true_is_not_one() -> None:
    kept = Kept()
    assert not kept.is_equal({"a": 1}, {"a": True})
    assert not kept.is_same(b'{"a":1}', {"a": True})
    assert not kept.is_equal({"t": "\ud800"}, {"t": "\ud801"})
    assert kept.is_equal({"t": "\ud800", "n": 2**64}, {"n": 2**64, "t": "\ud800"})
