"""What people type, and the product that they expect among the first three."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker
from shop.search import ProductSearchService

from tests.catalogues import indexed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("packages")]

RECORDS = Path(os.environ.get("RECORDS") or Path(__file__).parents[2] / "data/packages.csv.gz")

QUERIES = [
    # the exact name
    ("gimp", "gimp"),
    ("inkscape", "inkscape"),
    ("vlc", "vlc"),
    ("libreoffice", "libreoffice"),
    ("thunderbird", "thunderbird"),
    ("Chromium", "chromium"),
    ("curl", "curl"),
    ("python3-numpy", "python3-numpy"),
    # a typo
    ("inkscpae", "inkscape"),
    ("libreofice", "libreoffice"),
    ("thunderbrid", "thunderbird"),
    ("imagmagick", "imagemagick"),
    ("wesnot", "wesnoth"),
    ("scribbus", "scribus"),
    ("calbire", "calibre"),
    # two words
    ("web browser", "chromium"),
    ("sheet music", "lilypond"),
    ("page layout", "scribus"),
    ("strategy warfare", "0ad"),
    ("photo management", "digikam"),
    ("document viewer", "okular"),
    ("windows api", "wine"),
    ("password recovery", "hashcat"),
    ("vector drawing", "inkscape"),
    ("image manipulation", "gimp"),
    # brand and word
    ("gnome gimp", "gimp"),
    ("multimedia vlc", "vlc"),
    ("kde photo", "digikam"),
    ("games team ancient", "0ad"),
    ("printing cups", "cups"),
    # the beginning
    ("inksc", "inkscape"),
    ("image manip", "gimp"),
    ("hashc", "hashcat"),
]


@pytest.fixture(scope="module")
def packages(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The records, in the database and in the index."""
    with django_db_blocker.unblock():
        call_command("load_catalogue", str(RECORDS), verbosity=0)
        with indexed([]):
            yield


@pytest.mark.parametrize(("typed", "expected"), QUERIES)
def test_the_expected_product_is_among_the_first_three(typed: str, expected: str) -> None:
    found = ProductSearchService().search(typed, page_size=3)["results"]
    assert expected in [product["sku"] for product in found]
