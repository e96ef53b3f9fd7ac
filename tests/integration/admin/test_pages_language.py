"""The pages in German."""

import ast
import gettext
import re
from html import unescape
from pathlib import Path

import django
import pytest
from django.contrib.admin.utils import quote
from django.urls import reverse
from elasticsearch import Elasticsearch
from pytest_django import Settings
from shop.models import Product

import django_es_admin
from tests import servers

from .visitors import anyone_who_may_look, visitor

FOLDER = Path(django_es_admin.__file__).parent / "locale" / "de" / "LC_MESSAGES"
GERMAN = {"accept-language": "de"}


def words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", re.sub("</?bdi>", "", main))).split())


def page(name: str, *args: str) -> str:
    response = visitor(superuser=True).get(reverse(f"admin:{name}", args=args), headers=GERMAN)
    assert response.status_code == 200
    return words(response.content.decode())


@pytest.mark.django_db
def test_the_dashboard(products: list[Product], es: Elasticsearch) -> None:
    es.indices.put_mapping(
        index=f"{django_es_admin.connection.index_prefix}products",
        properties={"colour": {"type": "keyword"}},
    )
    page("elasticsearch_index_change", quote("default:products"))
    text = page("app_list", "elasticsearch")
    assert "Verbindung Zustand Cluster Knoten Version Antwortzeit Plattenplatz Hosts" in text
    assert "Index Modell Live-Generation Zustand Dokumente Zeilen Mapping Größe" in text
    assert re.search(r"grün 3 3 vor \d+ s 1 Unterschied", text)
    assert "Das Mapping weicht in 1 Feld ab. Neu aufbauen…" in text
    assert "Outbox: 0 Änderungen warten" in text


@pytest.mark.few(4)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tab", "sentence"),
    [
        ("change", "Alle Primär- und Replikat-Shards sind verfügbar."),
        ("mapping", "Das Mapping im Betrieb ist so, wie das Dokument es deklariert."),
        ("change", "Einstellungen der Live-Generation"),
        ("analyze", "Standard des Index"),
        ("operations", "Vorgänge, der neueste zuerst"),
        ("generations", "Generationen, die neueste zuerst"),
        ("documents", "3 von 3 Dokumenten"),
    ],
)
def test_an_index(rebuilt_products: list[Product], tab: str, sentence: str) -> None:
    text = page(f"elasticsearch_index_{tab}", quote("default:products"))
    assert sentence in text
    tabs = (
        "Überblick Mapping Terme Dokumente Analyse Generationen Shards Templates Konsole Vorgänge"
    )
    assert tabs in text


@pytest.mark.django_db
def test_a_plan_and_why_it_is_refused(rebuilt_products: list[Product]) -> None:
    text = page("elasticsearch_index_rebuild", quote("default:products"))
    assert "3 Zeilen laden, beim letzten Tempo in etwa 1 s" in text
    text = page("elasticsearch_index_rollback", quote("default:products"))
    assert "Der Index products hat keine Standby-Generation, zu der man zurück könnte" in text


@pytest.mark.django_db
def test_what_is_wrong_with_a_connection(settings: Settings) -> None:
    """It is asked in a thread, which takes the language with it."""
    with servers.refusing_port() as dead:
        settings.ES_SERVERS = {"default": {"HOSTS": [dead]}}
        client = anyone_who_may_look()
        url = reverse("admin:app_list", args=["elasticsearch"])
        german = client.get(url, headers=GERMAN).content.decode()
        english = client.get(url).content.decode()
    assert "Die Verbindung 'default' ist nicht erreichbar: starten Sie" in unescape(german)
    assert "The connection 'default' is unreachable: start" in unescape(english)


def entries() -> dict[str, dict[str, str]]:
    """Return the entries of the .po file by context and message: keyword -> text."""
    found = {}
    for block in (FOLDER / "django.po").read_text().split("\n\n")[1:]:
        assert "fuzzy" not in block
        parts = re.findall(r'^(msg\S+) ((?:".*"\n?)+)', block, re.MULTILINE)
        entry = {keyword: ast.literal_eval(f"({text})") for keyword, text in parts}
        context = f"{entry['msgctxt']}\x04" if "msgctxt" in entry else ""
        found[context + entry["msgid"]] = entry
    return found


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    source: dict[str | tuple[str, int], str] = {}
    for message, entry in entries().items():
        if "msgid_plural" in entry:
            source |= {(message, number): entry[f"msgstr[{number}]"] for number in (0, 1)}
        else:
            source[message] = entry["msgstr"]
    del compiled[""]
    assert compiled == source
    assert all(source.values())


def test_translations_have_the_placeholders_of_their_messages() -> None:
    def placeholders(text: str) -> set[str]:
        return set(re.findall(r"%+\(\w+\)[sd]|</?\w+", text))

    for entry in entries().values():
        plural = "msgstr[1]"
        for keyword, text in entry.items():
            if keyword.startswith("msgstr"):
                message = entry["msgid_plural" if keyword == plural else "msgid"]
                assert placeholders(text) == placeholders(message), message


def test_django_itself_is_translated_as_before() -> None:
    """All catalogues are one in the end: ours must not give Django's words another meaning."""
    ours = {message: entry.get("msgstr") for message, entry in entries().items()}
    for path in Path(django.__file__).parent.rglob("locale/de/LC_MESSAGES/django.mo"):
        with path.open("rb") as file:
            theirs = gettext.GNUTranslations(file)._catalog
        changed = {
            message: text
            for message, text in theirs.items()
            if message in ours and ours[message] != text
        }
        assert changed == {}
