"""The mixin's options and hooks, and what it leaves to other packages."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from elasticsearch import dsl
from shop.models import Product

from django_es_admin.exceptions import SearchMisdeclared
from django_es_admin.indices.definition import get_definition
from tests.live import make_live
from tests.testapp.models import Note, Reply
from tests.testapp.site import NoteAdmin, ReplyAdmin, office

from .searching import index_notes, make_notes, open_list, summary_of, text_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("es"),
]
URLS = "tests.testapp.site"

STARRED = "admin:testapp_starrednote_changelist"


def find(term: str, *, get: dict[str, str] | None = None, **options: Any) -> list[str]:
    """Return the titles that an admin with these options finds, best first."""
    model_admin = type("OtherAdmin", (NoteAdmin,), options)(Note, office)
    request = RequestFactory().get("/", {"q": term, **(get or {})})
    request.user = User(is_superuser=True)
    rows, duplicates = model_admin.get_search_results(request, Note.objects.all(), term)
    assert not duplicates
    return [row.title for row in rows]


@pytest.fixture
def lamps() -> None:
    make_notes("Red lamp", "Blue lamp", "Red candle")
    index_notes()


@pytest.mark.usefixtures("lamps")
def test_one_word_is_enough_if_the_operator_says_so() -> None:
    assert find("red lamp") == ["Red lamp"]
    every = find("red lamp", search_operator="or")
    assert every[0] == "Red lamp"
    assert sorted(every) == ["Blue lamp", "Red candle", "Red lamp"]
    assert find("the &", search_operator="or") == []


@pytest.mark.usefixtures("lamps")
def test_typos_can_be_ruled_out() -> None:
    assert find("cadnle") == ["Red candle"]
    assert find("cadnle", search_fuzziness=0) == []
    assert find("candel", search_fuzziness=1) == ["Red candle"]


@pytest.mark.usefixtures("lamps")
@pytest.mark.parametrize(
    "query", [{"match": {"title": "blue"}}, dsl.Q("match", title="blue")], ids=["dict", "dsl"]
)
def test_the_hook_makes_the_query(query: Any) -> None:
    asked = []

    def get_search_query(self: Any, request: Any, term: str) -> Any:
        asked.append((request.GET["q"], term))
        return query

    assert find("anything", get_search_query=get_search_query) == ["Blue lamp"]
    assert asked == [("anything", "anything")]


@pytest.mark.usefixtures("lamps")
def test_a_query_without_scores_is_an_answer_too() -> None:
    query = {"bool": {"filter": {"match": {"title": "lamp"}}}}
    hook = {"get_search_query": lambda self, request, term: query}
    assert sorted(find("x", **hook)) == ["Blue lamp", "Red lamp"]


def test_a_mistake_in_the_project_is_not_taken_for_an_outage() -> None:
    with pytest.raises(SearchMisdeclared, match=r"'title\^x'"):
        find("lamp", search_fields=["title^x"])
    lost = type("LostAdmin", (type(office._registry[Note]),), {})(Reply, office)
    with pytest.raises(SearchMisdeclared, match="LostAdmin names no search_document, and test"):
        lost.get_search_document()


@pytest.mark.usefixtures("lamps")
def test_another_package_keeps_its_template_and_its_change_list(admin_client: Client) -> None:
    Note.objects.update(stars=9)
    response = open_list(admin_client, "lamp", STARRED)
    assert "A list of a package." in text_of(response)
    assert summary_of(response) == "2 hits for lamp, best first"
    assert response.context["cl"].packaged
    assert "A list of a package." in text_of(open_list(admin_client, "", STARRED))


def test_the_mixin_is_not_in_the_way_of_an_admin_without_it() -> None:
    assert ReplyAdmin(Reply, office).check() == []


def test_a_changed_help_text_stays(admin_client: Client) -> None:
    for text, shown in (("Look here.", "Look here."), ("", "")):
        model_admin = type("OtherAdmin", (NoteAdmin,), {"search_help_text": text})(Note, office)
        request = RequestFactory().get("/")
        request.user = User(is_superuser=True, is_staff=True, is_active=True)
        request.session = admin_client.session
        assert model_admin.get_changelist_instance(request).search_help_text == shown


# --- together with django-import-export ---


@pytest.fixture
def shop() -> None:
    call_command("load_catalogue", "--count=40", verbosity=0)
    Product.objects.filter(pk__in=Product.objects.values("pk")[:3]).update(name="Zeppelin")
    make_live(get_definition("products"))


@pytest.mark.usefixtures("shop")
def test_import_and_export_stay_on_the_page(admin_client: Client) -> None:
    response = admin_client.get(reverse("admin:shop_product_changelist"), {"q": "zeppelin"})
    assert summary_of(response) == "3 hits for zeppelin, best first"
    assert reverse("admin:shop_product_import") in text_of(response)
    assert reverse("admin:shop_product_export") in text_of(response)


@pytest.mark.usefixtures("shop")
def test_an_export_has_what_was_found(admin_client: Client) -> None:
    address = reverse("admin:shop_product_export") + "?q=zeppelin"
    sent = admin_client.post(
        address, {"format": "0", "resource": "0", "productresource_name": "on"}
    )
    lines = sent.getvalue().decode().splitlines()
    assert len([line for line in lines if "Zeppelin" in line]) == 3
    assert len(lines) == 4
