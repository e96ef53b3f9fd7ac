"""The searches of an index: the services of the site, and one in all fields."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import get_resolver
from django.utils.translation import gettext as _

from ..documents import Document
from ..exceptions import SearchParameterInvalid, SearchUnknown
from ..indices.definition import IndexDefinition
from ..search import SearchService
from ..search.request import SearchRequest
from ..search.site.parts import SearchParts
from ..search.site.services import services
from ..search.text.fields import read_fields
from ..search.text.query import Matching, build_query
from ..search.text.words import read_words

PLAIN = "all fields"
"""The name of the search in every text and keyword field, for indices without a service."""

_LOOKED_IN = frozenset(("text", "match_only_text", "search_as_you_type", "keyword"))


@dataclass(frozen=True)
class KnownSearch:
    """A search that users can use.

    Args:
        name: the name of the service's class, or another known name.
        document: the document that it searches.
        page_size: the number of hits on a page.
        read: makes the parts of a search from the typed words, and accepts criteria.
        request: makes the request for the typed words; None if no site sends it.
    """

    name: str
    document: type[Document]
    page_size: int
    read: Callable[..., SearchParts]
    request: Callable[[str], SearchRequest] | None = None


def searches_of(definition: IndexDefinition) -> tuple[KnownSearch, ...]:
    """Return the searches of an index: the site's services by name, and one in all fields."""
    if definition.document is None:
        return ()
    services = {service.__name__: service for service in services_of(definition)}
    found = [
        KnownSearch(
            name,
            service.document,
            service.page_size,
            partial(_read, service),
            partial(_request, service),
        )
        for name, service in sorted(services.items())
    ]
    document = definition.document
    return (*found, KnownSearch(PLAIN, document, 20, partial(_read_plain, document)))


def find_search(definition: IndexDefinition, name: str) -> KnownSearch:
    """Return a search of an index by its name; the first search for "".

    Raises:
        SearchUnknown: there is no search with that name.
    """
    known = searches_of(definition)
    for search in known:
        if name in ("", search.name):
            return search
    raise SearchUnknown(
        f"{definition.name} has no search {name!r}: "
        f"it has {', '.join(search.name for search in known) or 'none'}."
    )


def read_parts(search: KnownSearch, text: str, filters: str = "", order: str = "") -> SearchParts:
    """Return the parts of a search, with the filters and the order from the log.

    Args:
        text: the text as it was typed.
        filters: criterion -> value, as JSON; "" for none.
        order: the name of an order; "" for the default.

    Raises:
        SearchParameterInvalid: the search does not accept these filters or values.
    """
    try:
        given = json.loads(filters) if filters else {}
        if order:
            given["sort_by"] = order
        return search.read(text, **given)
    except (TypeError, ValueError) as error:
        # The filters were cut or masked, or the service has changed since.
        message = _("The search %(name)s does not accept these filters: %(filters)s.")
        values = {"name": search.name, "filters": filters or order}
        raise SearchParameterInvalid(message % values, "filters") from error


def services_of(definition: IndexDefinition) -> list[type[SearchService]]:
    """Return the services of the installed apps that search an index."""
    documents = [part.document for part in definition.parts]
    # A command or a worker may not have imported the views and their services.
    with suppress(ImproperlyConfigured):
        get_resolver().url_patterns  # noqa: B018 (imports the URLconf)
    return [one for one in services() if one.document in documents]


def _read(service: type[SearchService], text: str, **criteria: Any) -> SearchParts:
    return service().read(text, **criteria)


def _request(service: type[SearchService], text: str) -> SearchRequest:
    return service().request_for({"q": text})


def _read_plain(document: type[Document], text: str) -> SearchParts:
    fields = read_fields(document, _plain_paths(document))
    words, matching = read_words(text), Matching()
    return SearchParts(words, build_query(fields, words, matching), fields, matching, ())


def _plain_paths(document: type[Document]) -> tuple[str, ...]:
    mapping: Any = document._doc_type.mapping
    return tuple(str(name) for name in mapping if mapping[name].name in _LOOKED_IN)
