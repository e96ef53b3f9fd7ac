"""What the pages of one index say."""

import re
from html import unescape

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

from django_es_admin.indices.definition import get_definition
from django_es_admin.lifecycle.generations.table import mark_failed, register
from django_es_admin.lifecycle.rebuild import rebuild
from django_es_admin.lifecycle.rebuild_plan import plan_rebuild
from django_es_admin.models import Generation, Index, Operation

from .visitors import anyone_who_may_look, visitor

pytestmark = pytest.mark.django_db

PAGES = ["change", "mapping", "documents", "analyze", "generations", "operations"]
PRODUCTS = "default_3Aproducts"


def open_page(name: str, key: str = PRODUCTS, client: Client | None = None, query: str = "") -> str:
    """Return the page's main part."""
    client = client or anyone_who_may_look()
    response = client.get(reverse(f"admin:elasticsearch_index_{name}", args=[key]) + query)
    assert response.status_code == 200
    text: str = response.content.decode()
    return text[text.index("<main") : text.index("</main")]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", html))).split())


def rows(html: str) -> list[str]:
    return [words(row) for row in re.findall(r"<tr\b.*?</tr>", html, re.DOTALL)]


def live_generation(es: Elasticsearch) -> str:
    [name] = es.indices.get_alias(
        index=get_definition("products").alias, name=get_definition("products").alias
    )
    return name


@pytest.mark.parametrize("name", PAGES)
def test_each_page_links_all_tabs_and_marks_its_own(products: list[Product], name: str) -> None:
    text = open_page(name)
    for other in PAGES:
        url = reverse(f"admin:elasticsearch_index_{other}", args=[PRODUCTS])
        current = ' aria-current="page"' if other == name else ""
        assert f'<a href="{url}"{current}>' in text
    assert reverse("admin:elasticsearch_index_history", args=[PRODUCTS]) in text


@pytest.mark.parametrize("name", PAGES)
def test_tables_have_captions_and_heads_scopes(products: list[Product], name: str) -> None:
    Operation.objects.create(connection="default", index="products", kind="refresh")
    query = "?text=shoes" if name == "analyze" else ""
    tables = re.findall(r"<table.*?</table>", open_page(name, query=query), re.DOTALL)
    assert tables
    for each in tables:
        assert "<caption" in each
        assert re.findall(r"<th\b(?![^>]*scope=)", each) == []


def test_overview(products: list[Product], es: Elasticsearch, prefix: str) -> None:
    es.indices.put_alias(index=live_generation(es), name=f"{prefix}wares")
    facts = rows(open_page("change"))
    assert "Documents 3" in facts
    assert facts[0].startswith("Health green ")
    assert any(fact.startswith("Rows 3 ") for fact in facts)
    # Elasticsearch measures a shard every 10 s, so that it may have the size of an empty one yet.
    assert any(
        re.fullmatch(r"Size [\d.]+ k?B [\d,]+ bytes in the primary shards", f) for f in facts
    )
    assert "Model shop.Product" in facts
    assert f"Alias {prefix}products" in facts
    assert f"Further aliases {prefix}wares" in facts
    assert f"Live generation {live_generation(es)}" in facts
    assert "Mapping same" in facts


def test_overview_of_a_missing_index(es: Elasticsearch) -> None:
    text = open_page("change")
    assert "The index is missing. Rebuild… (You do not have the right to do this.)" in words(text)
    assert rows(text)[0].startswith("Health missing ")
    assert "Live generation —" in rows(text)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mapping", "Declared mapping: there is no live one to show"),
        ("analyze", "There is no live generation whose analyzers could be used."),
        ("operations", "There are no operations yet, or they were removed after their retention."),
        ("generations", "There is no generation: the index was never built."),
        ("documents", "There is no document in the live generation."),
    ],
)
def test_other_pages_of_a_missing_index(es: Elasticsearch, name: str, sentence: str) -> None:
    assert sentence in words(open_page(name))


def test_mapping_as_declared(products: list[Product]) -> None:
    text = open_page("mapping")
    assert "The live mapping is as the document declares it." in words(text)
    lines = rows(text)
    assert "category object" in lines
    # How often searches use a field is 0 of a new index.
    assert "└ category. name text 0" in lines
    raw = "└ category.name. raw keyword multi-field ignore_above: 8191 0 terms category.name.raw"
    assert raw in lines
    assert "tags nested" in lines
    assert 'class="esa-depth-2" title="category.name.raw"' in text
    assert len(re.findall("<details", text)) == 2
    assert '"properties": {' in unescape(text)


def test_mapping_that_differs(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_mapping(
        index=live_generation(es),
        properties={
            "colour": {"type": "keyword"},
            "name": {
                "type": "text",
                "fields": {"raw": {"type": "keyword", "ignore_above": 256}},
            },
        },
    )
    lines = rows(open_page("mapping"))
    assert "colour not declared keyword needs a rebuild" in lines
    assert (
        "name.raw keyword, ignore_above: 8191 keyword, ignore_above: 256 can be changed in place"
        in lines
    )
    assert "colour keyword differs 0 terms colour" in lines
    assert "└ name. raw keyword multi-field ignore_above: 256 differs 0 terms name.raw" in lines


def test_a_field_that_is_not_there(products: list[Product], es: Elasticsearch) -> None:
    """The alias is moved to an index without the declared fields."""
    alias = get_definition("products").alias
    old, bare = live_generation(es), f"{alias}-20200101000000-beef"
    es.indices.create(index=bare, mappings={"properties": {"sku": {"type": "keyword"}}})
    es.indices.update_aliases(
        actions=[
            {"remove": {"index": old, "alias": alias}},
            {"add": {"index": bare, "alias": alias}},
        ]
    )
    lines = rows(open_page("mapping"))
    assert "price float not there needs a rebuild" in lines
    assert not [line for line in lines if line.startswith("sku") and "rebuild" in line]
    generations = rows(open_page("generations"))
    assert next(line for line in generations if line.startswith(bare)).startswith(f"{bare} live ")
    assert next(line for line in generations if line.startswith(old)).startswith(f"{old} was live ")


def test_settings(products: list[Product]) -> None:
    lines = rows(open_page("change"))
    assert "index.number_of_shards 1" in lines
    assert "index.analysis.analyzer.default.stopwords _english_" in lines


def test_generations(products: list[Product], es: Elasticsearch) -> None:
    old = live_generation(es)
    rebuild(plan_rebuild(get_definition("products")))
    broken = register(get_definition("products"), f"{old[:-4]}dead")
    mark_failed(broken, "Object 7 has <b>no</b> price.")
    Generation.objects.filter(name=old).update(digest="of older code")
    lines = rows(open_page("generations"))
    of = {line.split()[0]: line for line in lines}
    live = live_generation(es)
    assert re.match(rf"{live} live green 3 .* this code$", of[live])
    assert re.match(rf"{old} standby green 3 .* older code$", of[old])
    assert re.match(rf"{broken.name} failed gone — — .* — this code$", of[broken.name])
    assert "Object 7 has <b>no</b> price." in lines


def test_generations_without_time_zones(
    products: list[Product], es: Elasticsearch, settings: Settings
) -> None:
    """The dates of the table have no zone then, those of Elasticsearch always have one."""
    settings.USE_TZ = False
    es.indices.create(index=f"{get_definition('products').alias}-20200101000000-beef")
    lines = rows(open_page("generations"))
    assert len(lines) == 3
    assert any("-beef — " in line for line in lines)


def test_documents(products: list[Product]) -> None:
    text = open_page("documents")
    assert "3 of 3 documents" in words(text)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', text)
    assert heads == ["_id", "name", "description", "sku", "brand"]
    first = next(line for line in rows(text) if line.startswith(f"{products[0].pk} "))
    assert first.startswith(f"{products[0].pk} Trail shoe 0 A shoe for stony paths")
    assert '"tags": [' in unescape(text)
    assert "page 1 of" not in words(text)


def test_documents_of_a_query(products: list[Product]) -> None:
    text = open_page("documents", query="?q=sku:A-1")
    assert "1 of 1 documents" in words(text)
    heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', text)
    assert heads[:2] == ["_id", "_score"]
    assert 'value="sku:A-1"' in text
    assert any(re.match(rf"{products[1].pk} \d\.\d\d Trail shoe 1", line) for line in rows(text))
    assert "No document matches the query." in words(open_page("documents", query="?q=nothing"))


@pytest.mark.parametrize("query", ["q=name%3A(", "q=price%3A%5B1+TO", "p=99999"])
def test_a_query_that_cannot_be_answered_is_told(products: list[Product], query: str) -> None:
    text = open_page("documents", query=f"?{query}")
    [error] = re.findall(r'<li class="error">(.*?)</li>', text)
    assert "refused the request (400)" in error


def test_documents_come_in_pages(products: list[Product], es: Elasticsearch, prefix: str) -> None:
    lines: list[dict[str, object]] = []
    for number in range(40):
        lines += [{"index": {"_index": f"{prefix}many", "_id": str(number)}}, {"n": number}]
    es.bulk(operations=lines, refresh=True)
    client, key = visitor(superuser=True), f"default_3A{prefix}many"
    first = open_page("documents", key, client)
    assert "15 of 40 documents" in words(first)
    assert "page 1 of 3 next" in words(first)
    last = open_page("documents", key, client, query="?q=*&p=3")
    assert "10 of 40 documents" in words(last)
    assert "first previous page 3 of 3" in words(last)
    assert 'href="?q=%2A&amp;p=2"' in last


def test_tokens_of_a_text(products: list[Product]) -> None:
    text = open_page("analyze", query="?text=The+Running+Shoes&analyzer=standard")
    assert rows(text)[1:] == [
        "0 the <ALPHANUM> 0 3",
        "1 running <ALPHANUM> 4 11",
        "2 shoes <ALPHANUM> 12 17",
    ]
    # The index's default analyzer leaves out what it calls stop words.
    assert "2 tokens" in words(open_page("analyze", query="?text=The+Running+Shoes"))
    assert "1 token" in words(open_page("analyze", query="?text=The+Shoes&field=name.raw"))
    assert "produces no token" in words(open_page("analyze", query="?text=the&field=name"))
    wrong = open_page("analyze", query="?text=shoes&analyzer=nonsense")
    assert "refused the request (400)" in wrong


def test_operations_of_an_index(products: list[Product]) -> None:
    for state in ("done", "failed"):
        Operation.objects.create(
            connection="default",
            index="products",
            kind="rebuild",
            state=state,
            who="ada",
            error="The disk is full." if state == "failed" else "",
            ended_at=timezone.now(),
        )
    Operation.objects.create(connection="default", index="others", kind="swap")
    lines = rows(open_page("operations"))[1:]
    assert re.match(r"rebuild failed The disk is full\. — ada ", lines[0])
    assert re.match(r"rebuild done — ada ", lines[1])
    assert not [line for line in lines if "swap" in line]


def test_documents_link_to_their_objects(products: list[Product]) -> None:
    client = visitor("elasticsearch.view_index", "shop.view_product")
    text = open_page("documents", client=client)
    for product in products:
        url = reverse("admin:shop_product_change", args=[product.pk])
        assert f'<a href="{url}">{product.pk}</a>' in text
        assert client.get(url).status_code == 200


def test_a_huge_document_is_cut(es: Elasticsearch, prefix: str) -> None:
    es.index(index=f"{prefix}huge", id="1", document={"story": "word " * 50_000}, refresh=True)
    client = visitor(superuser=True)
    text = open_page("documents", f"default_3A{prefix}huge", client=client)
    assert len(text) < 120_000
    assert "The rest is too long for this page." in text


def test_an_index_that_the_project_does_not_declare(es: Elasticsearch, prefix: str) -> None:
    es.index(index=f"{prefix}logs", id="a/b", document={"line": "started"}, refresh=True)
    key = f"default_3A{prefix}logs"
    assert "Model unmanaged: the project does not declare this index" in rows(
        open_page("change", key)
    )
    assert "line text 0" in rows(open_page("mapping", key))
    assert "Only indices that the project declares have generations." in words(
        open_page("generations", key)
    )
    text = open_page("documents", key, client=visitor(superuser=True))
    assert any(line.startswith("a/b started") for line in rows(text))


def test_a_closed_index(products: list[Product], es: Elasticsearch) -> None:
    es.indices.close(index=live_generation(es))
    for name in PAGES:
        open_page(name)
    assert rows(open_page("change"))[0].startswith("Health closed ")


def test_history_is_the_admins_own(products: list[Product]) -> None:
    client = visitor(superuser=True)
    assert "have a change history" in words(open_page("history", client=client))
    LogEntry.objects.create(
        user=User.objects.get(is_superuser=True),
        content_type=ContentType.objects.get_for_model(Index),
        object_id="default:products",
        object_repr="products",
        action_flag=CHANGE,
        change_message="Rebuilt.",
    )
    assert "Rebuilt." in open_page("history", client=client)
    # "Recent actions" of the site's index lead to the page.
    recent = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:elasticsearch_index_change", args=[PRODUCTS]) in recent


def test_the_short_address_leads_to_the_overview(products: list[Product]) -> None:
    overview = reverse("admin:elasticsearch_index_change", args=[PRODUCTS])
    response = anyone_who_may_look().get(overview.removesuffix("change/"))
    assert (response.status_code, response["Location"]) == (302, overview)


def test_numbers_have_separators(es: Elasticsearch, prefix: str, settings: Settings) -> None:
    lines: list[dict[str, object]] = []
    for number in range(1200):
        lines += [{"index": {"_index": f"{prefix}many"}}, {"n": number}]
    es.bulk(operations=lines, refresh=True)
    assert "Documents 1,200" in rows(open_page("change", f"default_3A{prefix}many"))
    settings.LANGUAGE_CODE = "de"
    client = anyone_who_may_look()
    response = client.get(
        reverse("admin:elasticsearch_index_change", args=[f"default_3A{prefix}many"]),
        headers={"accept-language": "de"},
    )
    assert "1.200" in words(response.content.decode())


# --- what is asked is in no address ---


def test_a_query_is_in_no_address(products: list[Product], es: Elasticsearch, prefix: str) -> None:
    lines: list[dict[str, object]] = []
    for number in range(40):
        document = {"n": number, "secret": "hunter2"}
        lines += [{"index": {"_index": f"{prefix}many", "_id": str(number)}}, document]
    es.bulk(operations=lines, refresh=True)
    client = visitor(superuser=True)
    url = reverse("admin:elasticsearch_index_documents", args=[f"default_3A{prefix}many"])
    assert 'method="post"' in client.get(url).content.decode()
    response = client.post(url, {"q": "secret:hunter2 AND n:<39"})
    assert response.status_code == 302
    address = response["Location"]
    assert "hunter2" not in address
    first = client.get(address).content.decode()
    assert "15 of 39 documents" in words(first)
    assert 'value="secret:hunter2 AND n:&lt;39"' in first
    [following] = set(re.findall(r'href="(\?[^"]*p=2)"', first))
    assert "hunter2" not in following
    assert "page 2 of 3" in words(client.get(url + unescape(following)).content.decode())
    # Another session, or one that has forgotten it, shows all documents.
    other = visitor(superuser=True)
    assert "15 of 40 documents" in words(other.get(address).content.decode())
    for number in range(9):
        client.post(url, {"q": f"n:{number} {'x' * 5_000}"})
    assert len(str(client.session["elasticsearch_asked"])) < 6_000
    assert "15 of 40 documents" in words(client.get(address).content.decode())


def test_a_text_to_analyze_is_in_no_address(products: list[Product]) -> None:
    client = visitor(superuser=True)
    url = reverse("admin:elasticsearch_index_analyze", args=["default_3Aproducts"])
    asked = {"text": "Running hunter2", "analyzer": "standard"}
    response = client.post(url, asked)
    assert response.status_code == 200
    assert "0 running" in words(response.content.decode())
    assert 'method="post"' in response.content.decode()


def test_who_may_not_read_documents_asks_for_none(products: list[Product]) -> None:
    client = visitor("elasticsearch.view_index")
    url = reverse("admin:elasticsearch_index_documents", args=["default_3Aproducts"])
    assert client.post(url, {"q": "x"}).status_code == 403
    assert "elasticsearch_asked" not in client.session
