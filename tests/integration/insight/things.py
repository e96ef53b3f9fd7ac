"""How things are searched, as a site would declare it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django_es_admin.indices.definition import IndexDefinition
from django_es_admin.insight.searches import KnownSearch
from django_es_admin.search import SearchService
from tests.inputs.models import Thing

Make = Callable[..., Thing]

# Of the index, in `class Index`.
SETTINGS = {
    "number_of_replicas": 0,
    "refresh_interval": "-1",
    "analysis": {
        "analyzer": {
            "plain": {"type": "standard", "stopwords": "_none_"},
            "stopping": {"type": "standard", "stopwords": ["the", "alpha"]},
            "default": {"type": "standard", "stopwords": "_english_"},
        }
    },
}


def search_of(definition: IndexDefinition, **declared: Any) -> KnownSearch:
    """Return the search of a service with these attributes."""
    service = service_of(definition, **declared)
    return KnownSearch(
        service.__name__,
        service.document,
        service.page_size,
        lambda text: service().read(text),
    )


def service_of(definition: IndexDefinition, **declared: Any) -> type[SearchService]:
    """Return a service with these attributes."""
    document = definition.document
    assert document is not None

    class ThingSearch(SearchService):
        fields: ClassVar = ("name", "story", "lines", "code")

    ThingSearch.document = document
    for name, value in declared.items():
        setattr(ThingSearch, name, value)
    return ThingSearch
