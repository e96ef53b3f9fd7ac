"""Whether a search finds every change that was committed before it."""

from ..backends.errors import translated
from ..backends.searcher import searcher
from ..backends.transport.deadline import Deadline
from ..documents import Document
from ..exceptions import ElasticsearchAdminError
from ..indices.definition import IndexDefinition, definition_of
from ..outbox.drain.pending import has_changes
from ..outbox.drain.tick import wrote_within

# A batch may take half a minute from its tick to its last write, and a document is searchable one
# second later, unless another interval is declared.
SETTLED = 120


def is_settled(document: type[Document]) -> bool:
    """Return whether no change waits, and the last ones have been searchable for a while."""
    definition = definition_of(document)
    return not (_has_interval(definition) or wrote_within(definition.database, SETTLED))


def sees_all(document: type[Document], deadline: Deadline) -> bool:
    """Return whether a search would find every committed change; drain and refresh if necessary.

    Changes that are not captured (``QuerySet.update()``, SQL) are not known here.
    """
    definition = definition_of(document)
    if has_changes(definition):
        return False
    if not wrote_within(definition.database, SETTLED) and not _has_interval(definition):
        return True
    connection = document.django.connection
    try:
        with translated(connection):
            searcher(connection.client, deadline.remaining).indices.refresh(
                index=document.django.alias
            )
    except ElasticsearchAdminError:
        # The connection may be read-only. Then it is unknown.
        return False
    return True


def _has_interval(definition: IndexDefinition) -> bool:
    settings = definition.settings
    return any("refresh_interval" in key for key in (*settings, *settings.get("index", {})))
