"""`es_preview`: one sentence first, and an exit code that says whether something is lost."""

from typing import Any

import pytest

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.log.write import write
from django_es_admin.insight.searches import PLAIN
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.search.searched import Searched
from tests.integration.commands.conftest import Run
from tests.integration.commands.products import INDEX, make_products

pytestmark = pytest.mark.django_db(transaction=True)


def test_it(run: Run, definition: IndexDefinition, settings: Any) -> None:
    settings.ES_ADMIN = {**settings.ES_ADMIN, "SEARCH_LOG": True}
    [lamp, _other] = make_products(2)
    lamp.name = "lamp"
    lamp.save()
    rebuild(plan_rebuild(definition))
    alone = run("es_preview", INDEX)
    assert alone.code == 1
    assert f"`manage.py es_rebuild {INDEX} --no-swap` makes one" in alone.message
    built = rebuild(plan_rebuild(definition, swap=False)).generation
    assert run("es_preview", INDEX).out.startswith("No search is logged or judged")
    write([Searched("default", INDEX, PLAIN, text, 1, 1.0) for text in ("lamp", "shoe")])
    same = run("es_preview", INDEX)
    assert (same.code, same.err) == (0, "")
    assert same.out.startswith("Of 2 searches 2 are the same, none loses all hits.")
    definition.connection.client.delete(index=built, id=str(lamp.pk), refresh=True)
    lost = run("es_preview", INDEX, as_json=True)
    assert (lost.code, lost.message) == (2, "1 search would lose all hits.")
    # Both sides are physical indices, and neither is the alias, which moves.
    [live] = definition.connection.client.indices.get_alias(
        index=definition.alias, name=definition.alias
    ).body
    assert (lost.json["live"], lost.json["generation"]) == (live, built)
    [change] = lost.json["changes"]
    assert (change["words"], change["hits_before"], change["hits_after"]) == ("lamp", 1, 0)
    assert (change["went_out"], change["overlap"]) == ([str(lamp.pk)], 0.0)
    assert "1 hit now, 0 after" in run("es_preview", INDEX).out
