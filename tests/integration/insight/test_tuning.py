"""Two settings of a search: what the page says is what the site finds once it is declared."""

from collections.abc import Callable
from typing import Any

import pytest

from django_es_admin.exceptions import SearchRefused
from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.log import write
from django_es_admin.insight.searches import PLAIN, find_search
from django_es_admin.insight.tuning.setting import declaration, read_setting, setting_of
from django_es_admin.insight.tuning.tune import tune
from django_es_admin.models import Judgement
from django_es_admin.search.searched import Searched
from tests.integration.insight.things import Make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def logged(settings: Any) -> Callable[..., None]:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}

    def log(*texts: str, index: str = "declared-0", search: str = PLAIN) -> None:
        write.write(Searched("default", index, search, text, 1, 1.0) for text in texts)

    return log


def test_each_part_of_a_setting_has_its_effect(
    things: IndexDefinition, make: Make, logged: Callable[..., None]
) -> None:
    for data in ({"name": "blue lamp"}, {"name": "lamp", "note": "blue blue blue"}):
        make(**data)
    logged("blue lamp", "lampp", "lamps")
    search = find_search(things, PLAIN)
    now = setting_of(search)
    assert now.operator == "and"

    def changed(**setting: Any) -> dict[str, tuple[int, int]]:
        given = {"fields": ", ".join(now.fields), "operator": "and", "fuzziness": "AUTO"}
        chosen = read_setting(things, **{**given, "analyzer": "", **setting})
        result = tune(things, search, chosen).comparison
        assert result.asked == 3
        return {one.question.words: (one.before.total, one.after.total) for one in result.changes}

    assert changed() == {}
    assert changed(fuzziness="0") == {"lampp": (2, 0), "lamps": (2, 0)}
    assert changed(fields="name") == {"blue lamp": (2, 1)}
    assert changed(fields="name", operator="or") == {}
    stopped = changed(fields="name", operator="or", fuzziness="0", analyzer="stop")
    assert stopped == {"lampp": (2, 0), "lamps": (2, 0)}


def test_judgements_say_which_is_better(
    things: IndexDefinition, make: Make, logged: Callable[..., None]
) -> None:
    wanted, _other = make(name="lamp", note="blue"), make(name="blue", note="x")
    Judgement.objects.create(
        index=things.name, search=PLAIN, words="blue", key=str(wanted.pk), grade=3
    )
    search = find_search(things, PLAIN)
    names = read_setting(things, "name^9 note", "and", "AUTO", "")
    better = tune(things, search, read_setting(things, "note^4", "and", "AUTO", ""), names)
    assert "better" in better.verdict
    assert 'search_fields = ("note^4",)' in better.declaration
    worse = tune(things, search, read_setting(things, "name", "and", "AUTO", ""))
    assert "worse" in worse.verdict
    assert worse.declaration == ""
    none = read_setting(things, "note^4", "and", "AUTO", "")
    assert "equally good" in tune(things, search, none, none).verdict
    Judgement.objects.all().delete()
    logged("blue")
    assert "nobody can say" in tune(things, search, none).verdict


@pytest.mark.parametrize(
    ("fields", "operator", "fuzziness", "analyzer"),
    [
        ("", "and", "AUTO", ""),
        ("nope", "and", "AUTO", ""),
        ("name^0", "and", "AUTO", ""),
        ("name^-1", "and", "AUTO", ""),
        ("name^nan", "and", "AUTO", ""),
        ("name^1e9", "and", "AUTO", ""),
        ("name^", "and", "AUTO", ""),
        ("name", "xor", "AUTO", ""),
        ("name", "and", "9", ""),
        ("name", "and", "AUTO", "nope"),
        ("name " * 51, "and", "AUTO", ""),
    ],
)
def test_what_is_no_setting_is_refused(
    things: IndexDefinition, fields: str, operator: str, fuzziness: str, analyzer: str
) -> None:
    with pytest.raises(SearchRefused):
        read_setting(things, fields, operator, fuzziness, analyzer)


def test_the_declaration_of_an_analyzer(things: IndexDefinition) -> None:
    setting = read_setting(things, "name, code", "and", "1", "plain")
    told = declaration(things, find_search(things, PLAIN), setting)
    assert '# name: search_analyzer="plain"' in told
    assert "# code" not in told
    assert "search_fuzziness = 1" in told
