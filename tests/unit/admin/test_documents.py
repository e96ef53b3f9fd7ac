"""Documents as a table."""

from typing import Any

from django_es_admin.admin.pages.index.documents import MAX_JSON_CHARACTERS, document_table
from django_es_admin.indices.inspection.samples import Sample


def fields(**kinds: str) -> dict[str, Any]:
    return {"properties": {name: {"type": kind} for name, kind in kinds.items()}}


def no_url(key: str) -> str:
    return ""


def test_texts_come_first_a_name_before_a_story_and_empty_ones_last() -> None:
    mapping = fields(
        price="float", story="text", name="text", sku="keyword", note="text", at="date"
    )
    samples = [
        Sample("1", {"name": "A shoe", "story": "It is long. " * 9, "sku": "A-1", "price": 9.5})
    ]
    table = document_table(samples, mapping, no_url)
    assert table.columns == ("name", "story", "sku", "price")
    assert table.width == 6


def test_objects_have_no_column_and_other_values_are_json() -> None:
    mapping = fields(tags="keyword", flag="boolean", none="long")
    mapping["properties"]["category"] = {"properties": {"name": {"type": "text"}}}
    samples = [Sample("1", {"tags": ["a", "b"], "flag": True, "none": None, "category": {}})]
    table = document_table(samples, mapping, no_url)
    assert table.columns == ("tags", "flag", "none")
    assert table.rows[0].cells == ('["a", "b"]', "true", "")


def test_long_values_and_documents_are_cut() -> None:
    samples = [Sample("1", {"story": "word\n" * 100_000})]
    [row] = document_table(samples, fields(story="text"), no_url).rows
    assert row.cells[0].endswith("…")
    assert "\n" not in row.cells[0]
    assert len(row.cells[0]) == 121
    assert (len(row.json), row.cut) == (MAX_JSON_CHARACTERS, True)


def test_a_document_without_fields() -> None:
    [row] = document_table([Sample("1", {})], {}, lambda key: f"/of/{key}/").rows
    assert (row.cells, row.json, row.cut, row.url) == ((), "{}", False, "/of/1/")


def test_no_documents() -> None:
    assert document_table([], fields(name="text"), no_url).rows == ()
