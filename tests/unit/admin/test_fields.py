"""A mapping as a tree."""

from django_es_admin.admin.pages.index.fields import MAX_INDENT, field_rows
from django_es_admin.indices.diff import compare_mappings

MAPPING = {
    "properties": {
        "name": {
            "type": "text",
            "analyzer": "english",
            "fields": {"raw": {"type": "keyword", "ignore_above": 256}},
        },
        "category": {
            "properties": {
                "name": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
                "slug": {"type": "keyword"},
            }
        },
    }
}


def test_each_field_is_followed_by_what_is_in_it() -> None:
    rows = field_rows(MAPPING)
    assert [(row.path, row.depth, row.kind, row.multi) for row in rows] == [
        ("name", 0, "text", False),
        ("name.raw", 1, "keyword", True),
        ("category", 0, "object", False),
        ("category.name", 1, "text", False),
        ("category.name.raw", 2, "keyword", True),
        ("category.slug", 1, "keyword", False),
    ]
    assert [row.parent for row in rows][1:5] == ["name.", "", "category.", "category.name."]
    assert rows[0].parameters == ("analyzer: english",)
    assert rows[1].parameters == ("ignore_above: 256",)


def test_a_name_that_its_parent_has_too() -> None:
    rows = field_rows({"properties": {"a": {"properties": {"a": {"type": "long"}}}}})
    assert [(row.parent, row.name) for row in rows] == [("", "a"), ("a.", "a")]


def test_what_differs_is_marked() -> None:
    declared = {"properties": {"name": {"type": "text"}}}
    rows = field_rows(MAPPING, compare_mappings(declared, MAPPING))
    assert {row.path for row in rows if row.differs} == {row.path for row in rows}
    assert not any(row.differs for row in field_rows(MAPPING, compare_mappings(MAPPING, MAPPING)))


def test_deep_fields_are_indented_no_further() -> None:
    mapping: dict[str, object] = {"type": "long"}
    for _ in range(20):
        mapping = {"properties": {"x": mapping}}
    depths = [row.depth for row in field_rows(mapping)]
    assert len(depths) == 20
    assert max(depths) == MAX_INDENT


def test_no_fields() -> None:
    assert field_rows({}) == ()
