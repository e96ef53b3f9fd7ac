"""The searches of an index that a user knows: the list's search box, and the site's searches."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ....indices.definition import IndexDefinition
from ....insight.searches import PLAIN, KnownSearch, searches_of
from ...rights import IndexPages

BOX = "admin"
"""The name of the search of the changelist's search box."""


def searches_for(
    pages: IndexPages, request: HttpRequest, definition: IndexDefinition
) -> tuple[KnownSearch, ...]:
    """Return the searches that the user may have used, the changelist's search box first."""
    box = []
    for part in definition.parts:
        model_admin = model_admin_of(pages, part)
        if hasattr(model_admin, "get_known_search") and model_admin.has_view_permission(request):
            found = model_admin.get_known_search(request, BOX)
            if found.document is part.document:
                box.append(found)
    return (*box, *searches_of(definition))


def model_admin_of(pages: IndexPages, part: IndexDefinition) -> Any:
    """Return the admin of a part's model on the same site; None if it has none."""
    model = part.document.django.model if part.document else None
    registered = model is not None and pages.admin_site.is_registered(model)
    return pages.admin_site.get_model_admin(model) if model and registered else None


def title_of(search: KnownSearch) -> str:
    """Return the title of a search."""
    if search.name == BOX:
        return _("the search box of the list")
    return _("all fields") if search.name == PLAIN else search.name
