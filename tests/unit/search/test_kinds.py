"""Fields of types that few servers have: what is asked of them is what these types can answer."""

from typing import Any

import pytest
from elasticsearch import dsl
from shop.documents import ProductDocument
from shop.models import Product

from django_es_admin.documents import Document, fields
from django_es_admin.exceptions import SearchUnreadable
from django_es_admin.search.operators.build import build_advanced, read_names
from django_es_admin.search.querysets.columns import columns_of
from django_es_admin.search.querysets.identity import key_field
from django_es_admin.search.querysets.ordering import translate_order
from django_es_admin.search.suggest import Spelling
from django_es_admin.search.text.fields import find_field_problem, read_fields
from django_es_admin.search.text.query import Matching, build_marking, build_query
from django_es_admin.search.text.words import read_words

TERMS = [
    "lamp",
    "Ürn",
    "12",
    "-3.5",
    "1.2.10-beta",
    "2024-02",
    "yes",
    "pyth*",
    "py?h*",
    "two lamps",
]


class Kinds(Document):
    """Every type that the test server lacks, beside some that it has."""

    id = fields.LongField()
    typed = dsl.SearchAsYouType()
    short = dsl.MatchOnlyText()
    like = dsl.Wildcard()
    same = dsl.ConstantKeyword()
    cents = dsl.ScaledFloat(scaling_factor=100)
    words = dsl.TokenCount(analyzer="standard")
    large = dsl.UnsignedLong()
    release = dsl.Version()
    address = dsl.Ip()
    place = dsl.GeoPoint()
    span = dsl.IntegerRange()
    flat = dsl.Flattened()
    rank = dsl.RankFeature()
    ranks = dsl.RankFeatures()
    dense = dsl.DenseVector(dims=3)
    sparse = dsl.SparseVector()
    asked = dsl.Percolator()
    counted = dsl.Histogram()

    class Index:
        """Without one, all classes without one would be of one index."""

        name = "kinds"

    class Django:
        """Where the documents would come from."""

        model = Product


# It is not registered: no server could make its index.
Kinds.django = ProductDocument.django

TEXTS = ["typed", "short"]
KEYWORDS = ["like", "same"]
NUMBERS = ["cents", "words", "large"]
VALUES = ["release", "address", "place", "span", "flat"]
NOTHING = ["rank", "ranks", "dense", "sparse", "asked", "counted"]


def queries(found: Any) -> list[tuple[str, str, Any]]:
    """Return kind, field and options of each query that looks into a field."""
    if isinstance(found, list):
        return [each for part in found for each in queries(part)]
    if not isinstance(found, dict):
        return []
    every: list[tuple[str, str, Any]] = []
    for kind, inner in found.items():
        if kind == "multi_match":
            every += [(kind, path.partition("^")[0], inner) for path in inner["fields"]]
        elif kind in ("term", "prefix", "wildcard", "range", "match_phrase"):
            every += [(kind, path, options) for path, options in inner.items()]
        elif kind == "exists":
            every.append((kind, inner["field"], inner))
        else:
            every += queries(inner)
    return every


def is_answered(kind: str, path: str, options: Any) -> bool:
    """Whether a type has this query, as its page in Elasticsearch's reference says."""
    if path in TEXTS:
        return kind in ("multi_match", "wildcard", "match_phrase", "exists")
    if path in KEYWORDS:
        return kind in ("multi_match", "term", "prefix", "wildcard", "exists")
    if path in NUMBERS:
        # Numbers are neither near to each other nor in capitals.
        if kind in ("term", "range"):
            return "case_insensitive" not in str(options)
        return kind == "exists" or (kind == "multi_match" and is_plain(options))
    return path in VALUES and (kind == "exists" or (kind == "multi_match" and is_plain(options)))


def is_plain(options: Any) -> bool:
    return (
        bool(options["lenient"])
        and "fuzziness" not in options
        and "bool_prefix" not in str(options)
    )


EVERY = [*TEXTS, *KEYWORDS, *NUMBERS, *VALUES, *NOTHING]


@pytest.mark.parametrize("path", EVERY)
@pytest.mark.parametrize(
    "matching", [Matching(), Matching("or", 2, prefix=True)], ids=["all", "any"]
)
def test_words_ask_for_what_a_type_answers(path: str, matching: Matching) -> None:
    searched = read_fields(Kinds, [f"{path}^2"])
    for term in TERMS:
        words = read_words(term)
        query = build_query(searched, words, matching)
        asked = queries([query, build_marking(searched[0], words, matching)])
        if path in NOTHING:
            assert query == {"match_none": {}}
        else:
            assert not [each for each in asked if not is_answered(*each)], term
    if path not in NOTHING:
        assert queries(build_query(searched, read_words("12"), matching))


@pytest.mark.parametrize("path", [path for path in EVERY if path not in NOTHING])
def test_operators_ask_for_what_a_type_answers(path: str) -> None:
    names = read_names(Kinds, [path])
    parts = ["{}:{}", "-{}:{}", '{}:"{}"', "{}:>{}", "{}:({} OR 7)", "{}:*"]
    understood = 0
    for part in parts:
        for value in TERMS:
            term = part.format(path, value)
            try:
                query = build_advanced(read_fields(Kinds, ["typed"]), names, term, Matching())
            except SearchUnreadable:
                continue
            understood += 1
            wrong = [each for each in queries(query) if not is_answered(*each)]
            assert not wrong, term
    assert understood >= len(TERMS)
    compared = f"{path}:>=3"
    if path in NUMBERS:
        query = build_advanced((), names, compared, Matching())
        assert [kind for kind, _, _ in queries(query)] == ["range"]
    else:
        with pytest.raises(SearchUnreadable):
            build_advanced((), names, compared, Matching())


@pytest.mark.parametrize("path", [*VALUES, *NUMBERS])
def test_what_has_no_letters_has_a_sentence_for_patterns(path: str) -> None:
    names = read_names(Kinds, [path])
    for pattern in ("192.168*", "pyth*", "py?h*"):
        with pytest.raises(SearchUnreadable) as caught:
            build_advanced(
                read_fields(Kinds, ["typed"]), names, f"lamp {path}:{pattern}", Matching()
            )
        assert caught.value.place == len(f"lamp {path}:")


def test_what_can_be_found_in_nothing_is_named() -> None:
    for path in EVERY:
        assert bool(find_field_problem(Kinds, path)) == (path in NOTHING), path


def test_only_texts_have_a_dictionary_of_words() -> None:
    assert not Spelling(read_words("lamp"), read_fields(Kinds, EVERY))


@pytest.mark.parametrize(
    "kind",
    [
        dsl.Wildcard(),
        dsl.ConstantKeyword(),
        dsl.Version(),
        dsl.Flattened(),
        dsl.SearchAsYouType(),
        dsl.MatchOnlyText(),
        dsl.ScaledFloat(scaling_factor=100),
        dsl.UnsignedLong(),
        dsl.TokenCount(analyzer="standard"),
        dsl.RankFeature(),
        dsl.DateNanos(),
        dsl.HalfFloat(),
    ],
    ids=lambda kind: str(kind.name),
)
def test_no_such_field_stands_for_a_column(kind: Any) -> None:
    """They hold less than the column, compare it differently, or are not kept by column."""

    class Alike(Document):
        id = kind
        sku = kind
        price = kind
        created_at = kind
        category = fields.ObjectField(properties={"id": kind})

        class Index:
            name = "alike"

        class Django:
            model = Product

    Alike.django = ProductDocument.django
    assert columns_of(Alike) == {}
    assert key_field(Alike) == ""
    for order in ("pk", "-price", "created_at", "sku", "category_id"):
        assert translate_order(Alike, Product.objects.order_by(order)) == ()
