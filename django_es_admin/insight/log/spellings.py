"""How people type the searches that the log counts."""

from collections.abc import Iterable
from itertools import islice

from django.db import router

from ...indices.definition import IndexDefinition
from ...models import LoggedSearch
from .place import digest

AT_ONCE = 500
"""Searches that are looked up with one query."""


def read_spellings(
    definition: IndexDefinition, searches: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return search and words -> the words as they were typed last, of those that the log has.

    Args:
        searches: name of each search and its words, in the form in which they are counted; without
            filters, in its first order.
    """
    names = {digest(search, words, "", ""): (search, words) for search, words in searches}
    using = router.db_for_read(LoggedSearch)
    logged = LoggedSearch.objects.using(using).filter(
        connection=definition.using, index=definition.name
    )
    found: dict[tuple[str, str], str] = {}
    left = iter(names)
    while some := list(islice(left, AT_ONCE)):
        rows = logged.filter(digest__in=some).exclude(spelling="").order_by("day")
        found |= {names[name]: text for name, text in rows.values_list("digest", "spelling")}
    return found
