"""The gate of a rebuild that judged searches close."""

from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from elasticsearch import Elasticsearch

from django_es_admin.admin.pages.operations.outcome import outcome_of
from django_es_admin.exceptions import SearchesWorse
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight import searches
from django_es_admin.insight.judgements.judge import judge
from django_es_admin.insight.log.place import digest
from django_es_admin.insight.preview.preview import preview
from django_es_admin.insight.searches import PLAIN
from django_es_admin.lifecycle import rebuild_plan as planning
from django_es_admin.lifecycle.aliases.swap_plan import plan_swap
from django_es_admin.lifecycle.background import do_queued, queue_rebuild
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.lifecycle.swap import swap_alias
from django_es_admin.models import Generation, Judgement, LoggedSearch, Operation
from django_es_admin.operations.history import get_operation
from tests.inputs.models import Thing

from .test_preview import changed
from .things import service_of

pytestmark = pytest.mark.django_db(transaction=True)

# With it, only the whole text of a field is found.
WHOLE = {"type": "keyword"}


def live(definition: IndexDefinition) -> str:
    return Generation.objects.get(role="live", alias=definition.alias).name


@pytest.fixture
def judged(things: IndexDefinition) -> IndexDefinition:
    """A live index, and two searches of it that are judged to be right."""
    lamp = Thing.objects.create(data={"name": "old lamps"})
    boxes = Thing.objects.create(data={"name": "boxes"})
    rebuild(plan_rebuild(things))
    for words, thing, grade in (("lamps", lamp, 3), ("boxes", boxes, 1)):
        Judgement.objects.create(
            index=things.name, search=PLAIN, words=words, key=str(thing.pk), grade=grade
        )
    return things


def test_a_judged_search_is_asked_as_people_type_it(
    things: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A judgement has the words as they are counted, and a keyword tells capitals apart."""
    service = service_of(things, get_query=lambda self, words: {"term": {"code": words.text}})
    name = service.__name__
    monkeypatch.setattr(searches, "services_of", lambda definition: [service])
    thing = Thing.objects.create(data={"code": "LAMP-SHADE"})
    rebuild(plan_rebuild(things))
    Judgement.objects.create(
        index=things.name, search=name, words="lamp-shade", key=str(thing.pk), grade=3
    )
    assert [one.hits for one in judge(things).searches] == [0]
    common = {"connection": things.using, "index": things.name, "search": name, "count": 1}
    for day, words, spelling, filters in (
        (3, "lamp-shade", "LAMP-SHADE", ""),
        # What was typed earlier, with filters, or before the log kept it, says nothing.
        (2, "lamp-shade", "Lamp-Shade", ""),
        (4, "lamp-shade", "lamp-SHADE", '{"a": 1}'),
        (4, "lamp-shade", "", ""),
    ):
        LoggedSearch.objects.create(
            day=date(2020, 5, day),
            words=words,
            spelling=spelling,
            filters=filters,
            digest=digest(name, words, filters, ""),
            **common,
        )
    [found] = judge(things).searches
    assert (found.hits, found.ndcg) == (1, 1.0)
    standby = changed(things, WHOLE)
    rebuild(plan_rebuild(standby, swap=False))
    told = preview(standby)
    assert (told.asked, told.ndcg_before, told.ndcg_after) == (1, 1.0, 1.0)


def test_a_regression_closes_the_gate(judged: IndexDefinition) -> None:
    before = live(judged)
    worse = changed(judged, WHOLE)
    with pytest.raises(SearchesWorse) as caught:
        rebuild(plan_rebuild(worse, judge=0.0))
    assert live(judged) == before
    stopped = Generation.objects.get(role="building")
    for part in (stopped.name, before, "“lamps”", "0.500", "1.000", "es_swap_alias"):
        assert part in str(caught.value)
    operation = Operation.objects.get(generation=stopped.name)
    assert operation.state == Operation.State.FAILED
    assert operation.details["judged"]["ndcg"] == 0.5
    # It can be made live nevertheless.
    swap_alias(plan_swap(worse, stopped.name))
    assert live(judged) == stopped.name


def test_the_same_passes(judged: IndexDefinition) -> None:
    result = rebuild(plan_rebuild(judged, judge=0.9))
    assert live(judged) == result.generation
    assert result.judged is not None
    assert (result.judged.ndcg, result.judged.ndcg_live, result.judged.worst) == (1.0, 1.0, "")
    assert rebuild(plan_rebuild(judged)).judged is None


def test_better_passes_and_still_has_to_reach_the_bound(judged: IndexDefinition) -> None:
    worse = changed(judged, WHOLE)
    whole = rebuild(plan_rebuild(worse)).generation
    with pytest.raises(SearchesWorse, match=r"below 0\.9"):
        rebuild(plan_rebuild(worse, judge=0.9))
    assert live(judged) == whole
    # As good as the live one, if not good.
    rebuild(plan_rebuild(worse, judge=0.5))
    assert live(judged) != whole
    rebuild(plan_rebuild(judged, judge=1.0))


def test_without_a_live_generation_the_bound_counts(
    things: IndexDefinition, es: Elasticsearch
) -> None:
    es.indices.delete(index=live(things))
    lamp = Thing.objects.create(data={"name": "lamp"})
    row = {"index": things.name, "search": PLAIN, "words": "lamp", "key": str(lamp.pk)}
    Judgement.objects.create(**row, grade=2)
    result = rebuild(plan_rebuild(things, judge=1.0))
    assert result.judged is not None
    assert result.judged.ndcg_live is None


def test_what_cannot_be_judged_is_refused_before_it_is_built(things: IndexDefinition) -> None:
    assert "No search of" in plan_rebuild(things, judge=0.0).refusals[0]
    row = {"index": things.name, "words": "lamp", "key": "1", "grade": 3}
    Judgement.objects.create(**row, search="Gone")
    assert "'Gone'" in plan_rebuild(things, judge=0.0).refusals[0]
    assert plan_rebuild(things).refusals == ()


def test_in_the_background_and_resumed(
    judged: IndexDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = live(judged)
    worse = changed(judged, WHOLE)
    monkeypatch.setattr(
        "django_es_admin.lifecycle.background.get_definition", lambda name, using: worse
    )
    queued = queue_rebuild(plan_rebuild(worse, judge=0.0))
    with pytest.raises(SearchesWorse):
        do_queued("default", queued.pk)
    assert live(judged) == before
    # Killed as it were, it is judged when somebody goes on.
    Operation.objects.filter(pk=queued.pk).update(state=Operation.State.RUNNING, leased_until=None)
    monkeypatch.setattr("django_es_admin.lifecycle.build.takeover.is_alive", lambda row: False)
    monkeypatch.setattr(planning, "running_rebuild", lambda definition: None)
    plan = plan_rebuild(worse)
    assert plan.resumes
    assert plan.judge == 0.0


def test_the_page_of_the_operation_says_the_numbers(judged: IndexDefinition) -> None:
    before = live(judged)
    with pytest.raises(SearchesWorse):
        rebuild(plan_rebuild(changed(judged, WHOLE), judge=0.0))
    told = outcome_of(get_operation("default", str(Operation.objects.latest("pk").pk)))
    assert told == (
        f"The live generation is as it was. nDCG@10 of 2 judged searches: 0.500, and 1.000 with "
        f"<bdi>{before}</bdi>."
    )


@pytest.mark.parametrize("options", [{"judge": True}, {"min_ndcg": 0.1}])
def test_the_command(
    judged: IndexDefinition,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
) -> None:
    path = "django_es_admin.management.commands.es_rebuild.select_definitions"
    monkeypatch.setattr(path, lambda *args: [changed(judged, WHOLE)])
    with pytest.raises(CommandError, match="not made live") as caught:
        call_command("es_rebuild", judged.name, interactive=False, **options)
    assert caught.value.returncode == 2
    monkeypatch.setattr(path, lambda *args: [judged])
    call_command("es_rebuild", judged.name, interactive=False, **options)
