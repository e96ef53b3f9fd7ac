"""How people type the searches that the log counts."""

from collections.abc import Iterable
from itertools import islice

from django.db import router

from ...indices.definition import IndexDefinition
from ...models import LoggedSearch
from .place import digest

AT_ONCE = 500
"""The number of searches that are read with one query."""


def read_spellings(
    definition: IndexDefinition, searches: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return search and words -> the words as they were last typed, if they are in the log.

    Args:
        searches: the name of each search, and its words as they are counted, without filters and in
            the default order.
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
