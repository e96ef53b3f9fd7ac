"""Refuse to work on an index that another database owns, unless told to take it over.

A new database of the same project, such as that of a staging site, finds an index with its own name
in the cluster. Taking it over would take it away from the site that fills it.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from ...backends.errors import translated
from ...backends.transport.deadline import Deadline
from ...conf import get_options
from ...exceptions import OperationRefused
from ...indices.definition import IndexDefinition
from ...indices.live import read_mappings
from ...indices.names import is_generation_name
from ...outbox.drain.owner import describe_foreign, meta_with_owner, own_key, owner_in
from ...said import Said, together
from .table import generations_of


def find_owner_refusals(
    definition: IndexDefinition,
    names: Iterable[str],
    deadline: Deadline,
    *,
    adopted: bool = False,
) -> list[str]:
    """Return refusals if another database owns one of these indices, with what is known of it.

    Args:
        adopted: whether this database would become the owner. Then a generation that names no
            owner, and is not in the table, is refused, too, because another database may have
            created it.
    """
    found = {
        name: owner_in(mappings)
        for name, mappings in read_mappings(definition.connection, names, deadline).items()
    }
    refusals = []
    if any(found.values()):
        own = own_key(definition.database)
        refusals = [
            describe_foreign(definition, name, owner)
            for name, owner in found.items()
            if owner and owner.key != own
        ]
    if adopted:
        refusals += _nameless(definition, [name for name, owner in found.items() if owner is None])
    return refusals


def _nameless(definition: IndexDefinition, names: list[str]) -> list[str]:
    made = [name for name in names if is_generation_name(definition.alias, name)]
    known = set(generations_of(definition).filter(name__in=made).values_list("name", flat=True))
    text = _(
        "%(name)s names no owner, and this database did not create it, so it may belong to "
        "another site: use an INDEX_PREFIX of your own, or make it yours with "
        "`manage.py es_create %(index)s --take-over`."
    )
    return [Said(text, {"name": n, "index": definition.name}) for n in made if n not in known]


def require_own(definition: IndexDefinition, names: Iterable[str], deadline: Deadline) -> None:
    """Refuse to adopt indices that another database owns, or may own.

    Raises:
        OperationRefused: another database owns one of them, or may own it.
    """
    refusals = find_owner_refusals(definition, names, deadline, adopted=True)
    if refusals:
        raise OperationRefused(together(refusals))


def take_over(definition: IndexDefinition, names: Iterable[str], deadline: Deadline) -> None:
    """Write the database of an index as the owner into these indices.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    connection, key = definition.connection, own_key(definition.database)
    for name, mappings in read_mappings(connection, names, deadline).items():
        client = connection.client.options(request_timeout=get_options().operation_timeout)
        with translated(connection):
            client.indices.put_mapping(
                index=name, meta=meta_with_owner(definition, mappings.get("_meta"), key)
            )
