"""A rule of synonyms by clicking: its effect is shown, then it is saved, and acts."""

from typing import Any

import pytest
from elasticsearch import Elasticsearch
from playwright.sync_api import expect

from django_es_admin.models import Synonym
from tests.browser.conftest import OpenPage
from tests.browser.test_pages import visit_strictly
from tests.integration.documents.conftest import build, declare  # noqa: F401 (fixtures)
from tests.integration.documents.declared import Declared
from tests.integration.synonyms.conftest import add_things, api, found, shop  # noqa: F401
from tests.integration.synonyms.test_effect import log

pytestmark = pytest.mark.django_db(transaction=True)
ADD = "/admin/elasticsearch/synonym/add/"


@pytest.mark.few(1)
@pytest.mark.parametrize("javascript", [True, False])
def test_a_rule_is_shown_saved_and_deleted(
    shop: Declared,  # noqa: F811
    es: Elasticsearch,
    settings: Any,
    open_page: OpenPage,
    javascript: bool,
) -> None:
    add_things(es, shop.definition, "blue computer", "red pc")
    log(settings, ["pc", "lamp"])
    page = open_page(ADD, java_script_enabled=javascript)
    if javascript:
        assert visit_strictly(page, ADD) == []
    page.get_by_label("Rule").fill("pc,computer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Of 2 searches 1 is the same")).to_be_visible()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    if javascript:
        assert page.evaluate("window.violations") == []
    assert not Synonym.objects.exists()
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Searches use the synonyms shop from now on.")).to_be_visible()
    assert found(es, shop.definition, "pc") == {"red pc", "blue computer"}
    rule = Synonym.objects.get()
    page.goto(f"/admin/elasticsearch/synonym/{rule.pk}/delete/")
    expect(page.get_by_text("Of 2 searches 1 is the same")).to_be_visible()
    page.get_by_role("button", name="Yes, I").click()
    expect(page.get_by_text("Searches use the synonyms shop from now on.")).to_be_visible()
    assert found(es, shop.definition, "pc") == {"red pc"}
