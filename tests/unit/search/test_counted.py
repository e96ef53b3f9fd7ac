"""The numbers beside filters, as aggregations."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from shop.documents import ProductDocument

from django_es_admin.search.querysets.facet_counts import Numbers

Row = dict[str, Any]

ROWS: list[Row] = [
    {"category.id": number % 4, "is_active": number % 3 == 0, "sku": "abc"[number % 3]}
    for number in range(40)
]
VALUES = {"category.id": range(6), "is_active": (True, False), "sku": "abcd"}


def matches(query: Any, row: Row) -> bool:
    """Do what Elasticsearch does."""
    ((kind, inner),) = query.items()
    if kind == "term":
        ((path, value),) = inner.items()
        return type(row[path]) is type(value) and row[path] == value
    if kind == "terms":
        ((path, values),) = inner.items()
        return row[path] in values
    if "must_not" in inner:
        return not matches(inner["must_not"], row)
    return all(matches(part, row) for part in inner["filter"])


def answer_to(asked: dict[str, Any]) -> dict[str, Any]:
    """Answer as Elasticsearch does."""
    answer: dict[str, Any] = {}
    for name, aggregation in asked.items():
        if "filters" in aggregation:
            answer[name] = {
                "buckets": {
                    key: {"doc_count": sum(matches(query, row) for row in ROWS)}
                    for key, query in aggregation["filters"]["filters"].items()
                }
            }
            continue
        rows = [row for row in ROWS if matches(aggregation["filter"], row)]
        terms = aggregation["aggregations"]["values"]["terms"]
        values = {row[terms["field"]] for row in rows}
        if "include" in terms:
            values &= set(terms["include"])
        assert len(values) <= terms["size"]
        buckets = [
            {"key": value if isinstance(value, str) else int(value), "doc_count": count}
            for value in values
            if (count := sum(row[terms["field"]] == value for row in rows))
        ]
        answer[name] = {"values": {"buckets": buckets}}
    return {"aggregations": answer}


term = st.sampled_from(list(VALUES)).flatmap(
    lambda path: st.sampled_from(list(VALUES[path])).map(lambda value: {"term": {path: value}})
)
part = st.one_of(
    term,
    term.map(lambda query: {"bool": {"must_not": query}}),
    st.just({"terms": {"category.id": [1, 2]}}),
)
filters = st.one_of(
    st.lists(part, max_size=3).map(tuple),
    st.lists(part, max_size=3).map(lambda parts: ({"bool": {"filter": parts}},)),
)


@given(st.lists(filters, max_size=12))
def test_the_numbers_are_those_of_a_query_each(asked: list[Any]) -> None:
    facets = [(f"n{number}", found) for number, found in enumerate(asked)]
    numbers = Numbers(ProductDocument, facets)
    assert numbers.read(answer_to(numbers.aggregations())) == {
        name: sum(all(matches(query, row) for query in found) for row in ROWS)
        for name, found in facets
    }


def test_values_of_one_field_are_counted_together() -> None:
    active = {"term": {"is_active": True}}
    facets = [
        (str(value), ({"bool": {"filter": [active, {"term": {"category.id": value}}]}},))
        for value in range(20)
    ]
    numbers = Numbers(ProductDocument, [*facets, ("active", (active,))])
    asked = numbers.aggregations()
    assert len(asked) == 2
    assert len(asked["facets"]["filters"]["filters"]) == 1
    read = numbers.read(answer_to(asked))
    assert read["active"] == 14
    assert sum(read[str(value)] for value in range(20)) == 14
