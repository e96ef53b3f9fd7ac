"""The preview of a swap names exactly the searches that the swap changes."""

import csv
import gzip
import os
import random
import re
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from elasticsearch import Elasticsearch

from django_es_admin.exceptions import ConnectionTimedOut, GenerationUnknown
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight import searches
from django_es_admin.insight.ask import AT_ONCE
from django_es_admin.insight.compared import sentence
from django_es_admin.insight.log import write
from django_es_admin.insight.overlap import overlap
from django_es_admin.insight.preview.preview import preview
from django_es_admin.insight.searches import PLAIN, find_search
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Judgement, Promotion
from django_es_admin.normal import normalise
from django_es_admin.search.searched import Searched
from tests.inputs.models import Thing
from tests.integration.insight.things import service_of
from tests.servers import Answer, standing_between

pytestmark = pytest.mark.django_db(transaction=True)
Log = Callable[[list[str]], None]

NOUNS = (
    "lamp lantern café cafe jalapeno jalapeño running runner shelter studies universities boxes"
).split()
ADJECTIVES = "the of old nordic crème blue tall wooden".split()


def make_things(rng: random.Random, count: int = 120) -> None:
    names = [
        " ".join([rng.choice(ADJECTIVES), rng.choice(NOUNS), rng.choice(NOUNS)])
        for _ in range(count)
    ]
    # Past the signals: a rebuild reads them.
    Thing.objects.bulk_create(Thing(data={"name": name}) for name in names)


def made_searches(rng: random.Random, count: int = 60) -> list[str]:
    """Return what people type: words of the vocabulary, other forms of them, and typos."""
    forms = "lamps lanterns cafe jalapeno run runs study university box the creme tal blu".split()
    words = [*NOUNS, *ADJECTIVES, *forms]
    pairs = [f"{one} {other}" for one, other in product(ADJECTIVES, words)]
    return rng.sample(sorted({*words, *pairs}), count)


def changed(definition: IndexDefinition, analyzer: dict[str, Any], **more: Any) -> IndexDefinition:
    settings = deepcopy(dict(definition.settings))
    settings["analysis"]["analyzer"]["plain"] = analyzer
    settings["analysis"] |= more
    return replace(definition, settings=settings)


ANALYZERS: dict[str, dict[str, Any]] = {
    "stemmed": {"type": "english", "stopwords": "_none_"},
    "stop words": {"type": "standard", "stopwords": ["the", "of", "old"]},
    "folded": {"tokenizer": "standard", "filter": ["lowercase", "asciifolding"]},
}


@pytest.fixture
def logged(settings: Any) -> Callable[[list[str]], None]:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}

    def log(texts: list[str]) -> None:
        write.write(Searched("default", "declared-0", PLAIN, text, 1, 1.0) for text in texts)

    return log


def answers(es: Elasticsearch, definition: IndexDefinition, texts: list[str]) -> dict[str, Any]:
    """Return what visitors get now: by a way of its own, one search after the other."""
    search = find_search(definition, PLAIN)
    found = {}
    for text in texts:
        hits = es.search(
            index=definition.alias,
            query=search.read(text).query,
            size=10,
            track_total_hits=True,
            preference="insight",
        )["hits"]
        found[text] = (hits["total"]["value"], [hit["_id"] for hit in hits["hits"]])
    return found


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ANALYZERS)
def test_what_it_names_is_what_breaks(
    things: IndexDefinition, es: Elasticsearch, logged: Log, kind: str
) -> None:
    rng = random.Random(kind)  # noqa: S311
    make_things(rng)
    texts = made_searches(rng)
    logged(texts)
    prove(things, es, kind, texts)


ROWS, SEARCHES = 21_302, 500


@pytest.mark.slow
@pytest.mark.parametrize("kind", ANALYZERS)
def test_what_it_names_is_what_breaks_in_many_searches_of_many_objects(
    things: IndexDefinition, es: Elasticsearch, logged: Log, kind: str
) -> None:
    rng = random.Random(f"many {kind}")  # noqa: S311
    words = made_words(rng)
    names = (" ".join(rng.choices(words, k=rng.randint(2, 6))) for _ in range(ROWS))
    Thing.objects.bulk_create(
        (Thing(data={"name": name}) for name in names),
        batch_size=2_000,
    )
    texts = sorted(
        {mistyped(rng, " ".join(rng.choices(words, k=rng.randint(1, 3)))) for _ in range(600)}
    )
    texts = rng.sample(texts, SEARCHES)
    logged(texts)
    prove(things, es, kind, texts)


RECORDS = Path(os.environ.get("RECORDS") or Path(__file__).parents[2] / "data/packages.csv.gz")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ANALYZERS)
def test_what_it_names_is_what_breaks_in_searches_of_real_texts(
    things: IndexDefinition, es: Elasticsearch, logged: Log, kind: str
) -> None:
    """Of the records in the repository; those in the file that RECORDS names are more."""
    rng = random.Random(f"real {kind}")  # noqa: S311
    with gzip.open(RECORDS, "rt", encoding="utf-8") as file:
        names = [f"{row['name']} {row['description'][:400]}" for row in csv.DictReader(file)]
    Thing.objects.bulk_create((Thing(data={"name": name}) for name in names), batch_size=2_000)
    words = sorted({word for name in names for word in re.findall(r"\w{2,}", name)})
    rng.shuffle(words)
    frequent = re.findall(r"\w{2,}", " ".join(rng.sample(names, 200)))
    texts = {
        accented(rng, mistyped(rng, " ".join(rng.choices([*words[:2_000], *frequent], k=count))))
        for count in (1, 2, 3)
        for _ in range(250)
    }
    texts = {normalise(text) for text in texts} - {""}
    texts = rng.sample(sorted(texts), SEARCHES)
    logged(texts)
    prove(things, es, kind, texts)


def made_words(rng: random.Random) -> list[str]:
    """Return a vocabulary: a few hundred words, many in several forms, some of them frequent."""
    syllables = (
        "ba be bo da de do ka ke ko la le lo ma mé mo na ne ñu ra re ro sa se so ta te to".split()
    )
    stems = ["".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(250)]
    forms = [stem + rng.choice(("s", "ing", "ed", "er", "ies", "")) for stem in stems]
    return [*NOUNS * 4, *ADJECTIVES * 4, *stems, *forms]


def mistyped(rng: random.Random, text: str) -> str:
    """Return a text with a letter left out, doubled or exchanged, in one of three."""
    place = rng.randrange(len(text))
    if rng.random() > 1 / 3:
        return text
    return text[:place] + rng.choice(("", text[place] * 2, "x")) + text[place + 1 :]


def accented(rng: random.Random, text: str) -> str:
    """Return a text with an accent on one of its vowels, in one of four."""
    vowels = [place for place, letter in enumerate(text) if letter in "aeiou"]
    if not vowels or rng.random() > 1 / 4:
        return text
    place = rng.choice(vowels)
    return normalise(f"{text[: place + 1]}\N{COMBINING ACUTE ACCENT}{text[place + 1 :]}")


def prove(things: IndexDefinition, es: Elasticsearch, kind: str, texts: list[str]) -> None:
    """Preview a change of the analyzer, swap, look what broke, and go back."""
    live = rebuild(plan_rebuild(things)).generation
    then = changed(things, ANALYZERS[kind])
    built = rebuild(plan_rebuild(then, swap=False)).generation
    told = preview(things, built, searches=len(texts), seconds=600)
    assert (told.asked, told.left_out) == (len(texts), 0)
    before = answers(es, things, texts)
    swap_alias(plan_swap(things, built))
    after = answers(es, things, texts)
    broken = {text for text in texts if before[text] != after[text]}
    # The log counts searches with single spaces, and some typos are spaces.
    assert {one.question.words for one in told.changes} == {normalise(text) for text in broken}
    assert broken
    lost = {text for text in texts if before[text][0] and not after[text][0]}
    assert {one.question.words for one in told.lost} == {normalise(text) for text in lost}
    visited = {normalise(text): (before[text], after[text]) for text in texts}
    assert len(visited) == len(texts)
    for one in told.changes:
        was, now = visited[one.question.words]
        assert (one.before.total, one.after.total) == (was[0], now[0])
        assert set(one.came_in) == set(now[1]) - set(was[1])
        assert set(one.went_out) == set(was[1]) - set(now[1])
    assert sentence(told).startswith(f"Of {len(texts)} searches {len(texts) - len(broken)} are")
    # Rolled back, nothing differs.
    swap_alias(plan_swap(things, live))
    assert answers(es, things, texts) == before


def test_the_same_is_the_same(things: IndexDefinition, logged: Callable[[list[str]], None]) -> None:
    make_things(random.Random(1), 20)  # noqa: S311
    logged(["lamp", "blue", "piano"])
    with pytest.raises(GenerationUnknown):
        preview(things)
    rebuild(plan_rebuild(things))
    built = rebuild(plan_rebuild(things, swap=False)).generation
    told = preview(things)
    assert told.generation == built
    assert (told.asked, told.same, told.changes) == (3, 3, ())
    assert sentence(told) == "Of 3 searches 3 are the same, none loses all hits."
    assert preview(things, searches=2).asked == 2
    late = preview(things, seconds=0)
    assert (late.asked, late.left_out) == (0, 3)
    with pytest.raises(GenerationUnknown):
        preview(things, "nothing")


def test_a_request_ends_when_the_time_is_over(
    things: IndexDefinition, logged: Log, settings: Any
) -> None:
    rebuild(plan_rebuild(things))
    rebuild(plan_rebuild(things, swap=False))
    logged([f"lamp {number}" for number in range(AT_ONCE + 5)])
    default, ended = settings.ES_SERVERS["default"], threading.Event()
    sent: list[str] = []

    def reply(method: str, path: str, body: bytes) -> Answer | None:
        sent.extend([path] * path.startswith("/_msearch"))
        if len(sent) > answered:
            ended.wait(60)
        return None

    with standing_between(default["HOSTS"][0], reply) as url:
        settings.ES_SERVERS = {"default": {**default, "HOSTS": [url]}}
        try:
            # The last request has no end: only the deadline ends it.
            answered = 2
            told = preview(things, seconds=2)
            answered, sent[:] = 0, []
            with pytest.raises(ConnectionTimedOut):
                preview(things, seconds=0.2)
        finally:
            ended.set()
            settings.ES_SERVERS = {"default": default}
    assert (told.asked, told.left_out) == (AT_ONCE, 5)


def test_judged_searches_are_asked_too(
    things: IndexDefinition, logged: Callable[[list[str]], None]
) -> None:
    lamp = Thing.objects.create(data={"name": "lamps"})
    logged(["lamp"])
    for words in ("lamps", "lamp"):
        Judgement.objects.create(
            index=things.name, search=PLAIN, words=words, key=str(lamp.pk), grade=3
        )
    rebuild(plan_rebuild(things))
    none = changed(things, {"type": "keyword"})
    rebuild(plan_rebuild(none, swap=False))
    Thing.objects.create(data={"name": "lamps of the north"})
    told = preview(things)
    assert told.asked == 2
    assert told.ndcg_before == 1.0
    assert told.ndcg_after == 1.0


def test_it_asks_what_was_typed_in_the_order_that_was_chosen(
    things: IndexDefinition, logged: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keyword tells capitals apart, and an order changes what is first."""
    service = service_of(
        things,
        sorts={"best": "_score", "stock": "stock", "most": "-stock"},
        get_query=lambda self, words: {"term": {"code": words.text}},
    )
    monkeypatch.setattr(searches, "services_of", lambda definition: [service])
    for number in range(12):
        Thing.objects.create(data={"code": "AB-12", "stock": number})
    for text, order in (("AB-12", ""), ("AB-12", "stock"), ("AB-12", "most"), ("ab-12", "gone")):
        write.write([Searched("default", things.name, service.__name__, text, 1, 1.0, order=order)])
    rebuild(plan_rebuild(things))
    shorter = deepcopy(dict(things.mappings))
    shorter["properties"]["code"]["ignore_above"] = 2
    rebuild(plan_rebuild(replace(things, mappings=shorter), swap=False))
    told = preview(things)
    assert (told.asked, told.same) == (4, 1)
    found = {one.question.order: one.before.keys for one in told.lost}
    assert set(found) == {"", "stock", "most"}
    keys = [str(pk) for pk in Thing.objects.order_by("pk").values_list("pk", flat=True)]
    assert found["stock"] == tuple(keys[:10])
    assert found["most"] == tuple(keys[:1:-1])


def test_it_marks_what_is_promoted(
    things: IndexDefinition, logged: Log, monkeypatch: pytest.MonkeyPatch, admin_client: Client
) -> None:
    service = service_of(things, fields=("name",))
    monkeypatch.setattr(searches, "services_of", lambda definition: [service])
    lamps = [Thing.objects.create(data={"name": "big lamps"}) for _ in range(12)]
    piano = Thing.objects.create(data={"name": "piano"})
    for thing, effect in ((piano, "first"), (lamps[0], "never")):
        row = Promotion(index=things.name, words="lamps", key=str(thing.pk), effect=effect)
        row.save()
    write.write([Searched("default", things.name, service.__name__, "lamps", 1, 1.0)])
    rebuild(plan_rebuild(things))
    built = rebuild(plan_rebuild(changed(things, {"type": "keyword"}), swap=False)).generation
    told = preview(things)
    [change] = told.changes
    assert change.promoted == change.before.promoted == change.after.promoted == (str(piano.pk),)
    assert change.before.keys[0] == change.after.keys[0] == str(piano.pk)
    assert str(lamps[0].pk) not in {*change.before.keys, *change.after.keys}
    url = reverse("admin:elasticsearch_index_preview", args=[f"default_3A{things.name}"])
    page = admin_client.get(url, {"generation": built}).content.decode()
    assert "Promoted, before and after:" in page
    assert page.count(">promoted</span>") == 1


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("abc", "abc", 1.0, 1.0),
        ("", "", 1.0, 1.0),
        ("abc", "", 0.0, 0.0),
        ("abc", "xyz", 0.0, 0.0),
        ("abc", "abd", 0.6, 0.95),
        # The upper ranks count more.
        ("abcdefghij", "bacdefghij", 0.85, 0.95),
        ("abcdefghij", "abcdefghji", 0.98, 0.9999),
    ],
)
def test_the_overlap(one: str, other: str, least: float, most: float) -> None:
    assert least <= overlap(one, other) <= most
    assert overlap(one, other) == pytest.approx(overlap(other, one))


@pytest.mark.parametrize("seed", range(5))
def test_the_overlap_is_the_sum_of_its_definition(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    one, other = (rng.sample(range(300), 300) for _ in range(2))
    agreement = [len({*one[:d]} & {*other[:d]}) / d for d in range(1, 301)]
    whole = 0.1 * sum(share * 0.9**d for d, share in enumerate(agreement))
    assert overlap([str(n) for n in one], [str(n) for n in other]) == pytest.approx(whole, abs=1e-9)
