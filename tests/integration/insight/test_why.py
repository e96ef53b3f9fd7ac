"""Each reason for which an object is not found: the one, and no other."""

from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ConnectionUnavailable, SearchParameterInvalid
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.searches import PLAIN, find_search
from django_es_admin.insight.why.reason import Reason, Why
from django_es_admin.insight.why.sentence import sentence
from django_es_admin.insight.why.why import explain_why
from django_es_admin.models import OutboxEntry
from django_es_admin.search.site.visitor.criteria import read_selections
from tests.inputs.models import Thing
from tests.integration.admin.searching import no_elasticsearch
from tests.integration.insight.things import Make, search_of

pytestmark = pytest.mark.django_db(transaction=True)


def why(definition: IndexDefinition, key: Any, text: str, **declared: Any) -> Why:
    return explain_why(definition, str(key), text, search_of(definition, **declared))


# What a document has -> words that do not find it, and why. Each document has a decoy beside it
# that the words do find, so that nothing is wrong with the words as such.
WORDS: dict[str, tuple[dict[str, Any], str, Reason, dict[str, Any], dict[str, Any]]] = {
    "absent": ({"name": "red lamp"}, "piano", Reason.WORD_ABSENT, {}, {"word": "piano"}),
    "absent-one-of-two": (
        {"name": "red lamp"},
        "lamp piano",
        Reason.WORD_ABSENT,
        {},
        {"word": "piano"},
    ),
    "field-not-searched": (
        {"name": "lamp", "note": "made in Bremen"},
        "bremen",
        Reason.FIELD_NOT_SEARCHED,
        {},
        {"field": "note"},
    ),
    "field-not-indexed": (
        {"name": "lamp", "kept": "made in Bremen"},
        "bremen",
        Reason.FIELD_NOT_INDEXED,
        {"fields": ("name", "kept")},
        {"field": "kept"},
    ),
    "stemmed-otherwise": (
        {"story": "he was running"},
        "running",
        Reason.ANALYSED_OTHERWISE,
        {"fields": ("story",), "fuzziness": 0},
        {"field": "story", "has": ["running"], "sought": ["run"]},
    ),
    "dropped-when-indexed": (
        {"lines": "alpha centauri"},
        "alpha",
        Reason.DROPPED,
        {"fields": ("lines",)},
        {"field": "lines"},
    ),
    "keyword-as-a-whole": (
        {"code": "AB 12 X"},
        "ab",
        Reason.WHOLE_KEYWORD,
        {"fields": ("code",)},
        {"value": "AB 12 X"},
    ),
    "too-long-among-others": (
        {"code": ["short", "one-two-three-four"]},
        "three",
        Reason.TOO_LONG,
        {"fields": ("code",)},
        {"longest": 12},
    ),
    "keyword-as-a-whole-among-others": (
        {"code": ["other", "AB 12 X"]},
        "ab",
        Reason.WHOLE_KEYWORD,
        {"fields": ("code",)},
        {"value": "AB 12 X"},
    ),
    "too-long": (
        {"code": "one-two-three-four"},
        "one-two-three-four",
        Reason.TOO_LONG,
        {"fields": ("code",)},
        {"longest": 12},
    ),
    "part-of-a-word": (
        {"name": "Snowshoes"},
        "shoes",
        Reason.PART_OF_WORD,
        {},
        {"other": "snowshoes"},
    ),
    "typo-too-far": (
        {"name": "telescope"},
        "tolaskope",
        Reason.TYPO_TOO_FAR,
        {},
        {"distance": 3, "allowed": 2, "other": "telescope"},
    ),
    "typo-too-far-in-a-short-word": (
        {"name": "lamp"},
        "lomb",
        Reason.TYPO_TOO_FAR,
        {},
        {"distance": 2, "allowed": 1},
    ),
    "typo-in-the-first-letter": (
        {"name": "telescope"},
        "delescope",
        Reason.TYPO_AT_BEGINNING,
        {},
        {"other": "telescope"},
    ),
    "no-typo-where-none-is-forgiven": (
        {"name": "telescope"},
        "teloscope",
        Reason.TYPO_NOT_FORGIVEN,
        {"fuzziness": 0},
        {"other": "telescope"},
    ),
    "no-typo-in-numbers": (
        {"name": "model 4711"},
        "4712",
        Reason.TYPO_NOT_FORGIVEN,
        {},
        {"other": "4711"},
    ),
    "filtered": (
        {"name": "lamp", "shop": "north"},
        "lamp",
        Reason.FILTERED,
        {"default_filters": {"shop": "south"}},
        {"field": "shop", "wanted": ["south"], "has": ["north"]},
    ),
    "filtered-without-a-value": (
        {"name": "lamp"},
        "lamp",
        Reason.FILTERED,
        {"default_filters": {"shop": "south"}},
        {"has": []},
    ),
    "another-number": (
        {"stock": 4812},
        "4813",
        Reason.TYPO_NOT_FORGIVEN,
        {"fields": ("name", "stock")},
        {"other": "4812"},
    ),
    "words-of-a-keyword-in-another-order": (
        {"code": "KW 77"},
        "77 KW",
        Reason.WHOLE_KEYWORD,
        {"fields": ("code",)},
        {"value": "KW 77"},
    ),
    "accent": (
        {"name": "crème brûlée"},
        "brulee",
        Reason.TYPO_NOT_FORGIVEN,
        {"fuzziness": 0},
        {"other": "brûlée"},
    ),
    "written-in-two-words": (
        {"name": "wi-fi router"},
        "wifi",
        Reason.TYPO_TOO_FAR,
        {},
        {"distance": 2, "allowed": 1},
    ),
    "own-query": (
        {"name": "lamp"},
        "lamp",
        Reason.OWN_QUERY,
        {"get_query": lambda self, words: {"term": {"name": "other"}}},
        {},
    ),
}


def test_the_words(things: IndexDefinition, make: Make) -> None:
    for data, _text, _reason, _declared, _facts in WORDS.values():
        Thing.objects.create(data=data)
    keys = Thing.objects.order_by("pk").values_list("pk", flat=True)
    make(name="the last")
    for key, (case, (_data, text, reason, declared, facts)) in zip(
        keys, WORDS.items(), strict=False
    ):
        told = why(things, key, text, **declared)
        assert (case, told.reason) == (case, reason)
        assert (case, {name: told.facts[name] for name in facts}) == (case, facts)
        assert (told.found, told.rank) == (False, None)
        has_word = reason not in (Reason.FILTERED, Reason.OWN_QUERY)
        assert (text.split()[-1] in sentence(told)) is has_word


def test_stop_words(things: IndexDefinition, make: Make) -> None:
    thing = make(summary="the lamp of the north")
    of = {"fields": ("summary",)}
    told = why(things, thing.pk, "the", **of)
    assert (told.reason, told.facts) == (Reason.STOP_WORDS, {"words": ["the"]})
    assert why(things, thing.pk, "the alpha", **of).facts == {"words": ["the", "alpha"]}
    # A stop word beside others leaves none out.
    assert why(things, thing.pk, "the lamp", **of).found
    absent = why(things, thing.pk, "the piano", **of)
    assert (absent.reason, absent.facts["word"]) == (Reason.WORD_ABSENT, "piano")


def test_a_filter_of_a_range_and_of_a_visitor(things: IndexDefinition, make: Make) -> None:
    thing = make(name="lamp", stock=3)
    search = search_of(things)
    chosen = read_selections(search.document, {}, {"stock": "stock"}, {"min_stock": 5})
    narrowed = replace(search, read=lambda text: replace(search.read(text), selections=chosen))
    told = explain_why(things, str(thing.pk), "lamp", narrowed)
    assert told.reason is Reason.FILTERED
    assert told.facts == {"field": "stock", "wanted": ["≥ 5"], "has": ["3"]}


def test_no_such_object(things: IndexDefinition, make: Make) -> None:
    make(name="lamp")
    assert why(things, 987654, "lamp").reason is Reason.NO_OBJECT
    assert why(things, "no key", "lamp").reason is Reason.NO_OBJECT


def test_an_object_that_is_gone_and_still_found(
    things: IndexDefinition, make: Make, es: Elasticsearch
) -> None:
    make(name="lamp")
    es.index(index=things.alias, id="987654", document={"name": "lamp"}, refresh=True)
    told = why(things, 987654, "lamp")
    assert told.reason is Reason.GHOST
    assert told.found


def test_outside_the_queryset(things: IndexDefinition, make: Make, es: Elasticsearch) -> None:
    thing = make(name="lamp")
    thing.deleted_at = "2026-01-01T00:00:00Z"
    thing.save()
    es.indices.refresh(index=things.alias)
    assert why(things, thing.pk, "lamp").reason is Reason.OUTSIDE_QUERYSET


def test_not_to_be_indexed(things: IndexDefinition, make: Make) -> None:
    assert why(things, make(name="lamp", draft=True).pk, "lamp").reason is Reason.NOT_TO_BE_INDEXED


def test_a_document_that_cannot_be_made_or_is_refused(things: IndexDefinition, make: Make) -> None:
    refused = make(name="lamp", stock="three")
    told = why(things, refused.pk, "lamp")
    assert told.reason is Reason.REFUSED
    assert "stock" in sentence(told)


def test_waiting(things: IndexDefinition, make: Make) -> None:
    new, changed = make(name="lamp"), make(name="piano")
    with no_elasticsearch():
        later = Thing.objects.create(data={"name": "lamp"})
        changed.data = {"name": "lamp"}
        changed.save()
    assert why(things, later.pk, "lamp").reason is Reason.WAITING
    assert why(things, changed.pk, "lamp").reason is Reason.WAITING
    # It is found as it was, and the change would not make it found for anything else.
    assert why(things, changed.pk, "piano").found
    assert why(things, changed.pk, "violin").reason is Reason.WORD_ABSENT
    assert why(things, new.pk, "lamp").reason is Reason.FOUND


def test_stale_and_not_indexed(things: IndexDefinition, make: Make, es: Elasticsearch) -> None:
    stale, missing = make(name="piano", shop="north"), make(name="lamp")
    Thing.objects.filter(pk=stale.pk).update(data={"name": "lamp", "shop": "south"})
    es.delete(index=things.alias, id=str(missing.pk), refresh=True)
    assert not OutboxEntry.objects.exists()
    assert why(things, stale.pk, "lamp").reason is Reason.STALE
    assert why(things, missing.pk, "lamp").reason is Reason.NOT_INDEXED
    south, west = {"default_filters": {"shop": "south"}}, {"default_filters": {"shop": "west"}}
    assert why(things, stale.pk, "lamp", **south).reason is Reason.STALE
    # A document of today would not be found, either.
    assert why(things, stale.pk, "lamp", **west).reason is Reason.FILTERED


def test_not_refreshed(things: IndexDefinition, make: Make) -> None:
    make(name="piano")
    thing = Thing.objects.create(data={"name": "lamp"})
    assert why(things, thing.pk, "lamp").reason is Reason.NOT_REFRESHED


def test_no_index(things: IndexDefinition, make: Make, es: Elasticsearch) -> None:
    thing = make(name="lamp")
    es.indices.delete(index=list(es.indices.get_alias(index=things.alias, name=things.alias).body))
    assert why(things, thing.pk, "lamp").reason is Reason.INDEX_MISSING
    assert why(things, 987654, "lamp").reason is Reason.NO_OBJECT


def test_found_and_its_rank(things: IndexDefinition, make: Make, es: Elasticsearch) -> None:
    best = make(name="lamp", story="lamp")
    others = [make(name=f"lamp and much else, as number {n} says") for n in range(5)]
    told = why(things, best.pk, "lamp")
    assert (told.reason, told.rank, told.hits) == (Reason.FOUND, 1, 6)
    assert told.score_parts
    assert {part.field for part in told.score_parts} >= {"name"}
    far = why(things, others[2].pk, "lamp", page_size=1)
    assert (far.reason, far.rank, far.facts["page"], far.facts["tied"]) == (
        Reason.FAR_DOWN,
        2,
        2,
        4,
    )
    # The same as the search says.
    hits = es.search(index=things.alias, query=search_of(things).read("lamp").query)["hits"]
    assert hits["total"]["value"] == told.hits
    assert hits["hits"][0]["_id"] == str(best.pk)


def test_beyond_the_window(
    things: IndexDefinition, make: Make, settings: Any, es: Elasticsearch
) -> None:
    make(name="lamp lamp")
    thing = make(name="lamp and much else that is longer")
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_MAX_RESULTS": 1}
    assert why(things, thing.pk, "lamp").reason is Reason.BEYOND_WINDOW


def test_rows_that_are_hidden(things: IndexDefinition, make: Make) -> None:
    thing = make(name="lamp")
    search = search_of(things)
    hidden = explain_why(things, str(thing.pk), "lamp", search, rows=Thing.objects.none())
    assert hidden.reason is Reason.HIDDEN_ROW
    quiet = explain_why(
        things, str(thing.pk), "lamp", search, rows=Thing.objects.all(), tells_rank=False
    )
    assert (quiet.reason, quiet.rank, quiet.hits) == (Reason.FOUND, None, None)


def test_words_of_any_kind(things: IndexDefinition, make: Make) -> None:
    key = make(name="a thing", stock=10).pk
    for text in ("]>[ lamp", "lamp*", "a" * 300, '+-&&||!(){}^"~:\\/', "10", "% %s %(word)s"):
        assert sentence(why(things, key, text, fields=("name", "code", "stock")))
    with pytest.raises(SearchParameterInvalid):
        why(things, key, "\0")


def test_no_words(things: IndexDefinition, make: Make) -> None:
    # A service shows everything then.
    assert why(things, make(name="a thing").pk, " ").found


def test_the_search_for_want_of_a_service(things: IndexDefinition, make: Make) -> None:
    thing = make(name="lamp", note="made in Bremen")
    search = find_search(things, "")
    assert search.name == PLAIN
    assert explain_why(things, str(thing.pk), "bremen lamp", search).found


def test_the_sentences_are_translated_as_a_whole(things: IndexDefinition, make: Make) -> None:
    told = why(things, make(name="telescope").pk, "tolaskope")
    with translation.override(None):
        assert sentence(told) == (
            "Not found: “tolaskope” and “telescope” in name differ by 3 letters, and 2 are "
            "forgiven."
        )


def test_a_server_that_does_not_answer(things: IndexDefinition, make: Make) -> None:
    thing = make(name="lamp")
    with no_elasticsearch(), pytest.raises(ConnectionUnavailable):
        why(things, thing.pk, "lamp")
