"""Find indices that differ from their declaration, and whether they can be changed in place."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..indices.definition import IndexDefinition
from ..indices.diff import Difference, compare_mappings
from ..indices.live import LiveIndex, count_documents, read_indices, read_mappings
from ..indices.synonyms import TRIAL, rules_within
from ..operations.refusals import find_block_refusals
from .build.load import count_about
from .generations.table import generations_of

_OF_SYNONYMS = re.compile(rf"\.(?:synonyms_set|updateable)$|{TRIAL}\.")
_NAMED = 5
"""The maximum number of fields or settings that a sentence names."""


@dataclass(frozen=True)
class Changes:
    """How the live generation of an index differs from what the code declares.

    Args:
        generation: the live generation; "" if there is none.
        fields: the fields of the mapping that differ.
        settings: the names of settings whose values differ.
        plan: whether the generation was built for code that makes different documents.
        missing: whether nothing is live, or the live generation was never loaded and is empty.
        blocks: why Elasticsearch would refuse to change the generation, a sentence each.
    """

    definition: IndexDefinition
    generation: str
    fields: tuple[Difference, ...]
    settings: tuple[str, ...]
    plan: bool
    missing: bool
    blocks: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.fields or self.settings or self.plan or self.missing)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The differences, one sentence each."""
        return tuple(self._reasons())

    def _reasons(self) -> Iterable[str]:
        if self.missing:
            yield _("No loaded generation is live.")
        if self.fields:
            count = len(self.fields)
            text = ngettext(
                "The mapping differs in %(count)d field (%(names)s).",
                "The mapping differs in %(count)d fields (%(names)s).",
                count,
            )
            yield text % {"count": count, "names": _some([one.path for one in self.fields])}
        if self.settings:
            yield _("Settings differ (%(names)s).") % {"names": _some(self.settings)}
        if self.plan and not (self.fields or self.settings):
            yield _("It was built for code that reads its fields in another way.")


def find_changes(definition: IndexDefinition) -> Changes:
    """Return how the live generation differs from its declaration.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    live = read_indices(definition.connection, deadline)
    holders = live.holders(definition.alias)
    if len(holders) != 1:
        return Changes(definition, "", (), (), plan=False, missing=True)
    [holder] = holders
    row = generations_of(definition).filter(name=holder.name).first()
    mappings = read_mappings(definition.connection, [holder.name], deadline).get(holder.name, {})
    same = row is not None and row.digest == definition.digest
    return Changes(
        definition=definition,
        generation=holder.name,
        fields=tuple(
            one
            for one in compare_mappings(definition.mappings, mappings)
            # Fields that exist only in the live mapping were added by a dynamic mapping.
            if definition.document and not (same and one.declared is None)
        ),
        settings=differing_settings(definition, holder),
        plan=not same,
        missing=row is None or (row.loaded_at is None and _is_unfilled(definition, holder)),
        blocks=tuple(find_block_refusals(live, [holder.name], "change")),
    )


def _is_unfilled(definition: IndexDefinition, index: LiveIndex) -> bool:
    """Return whether an index has no documents although there are objects."""
    deadline = Deadline(get_options().operation_timeout)
    documents = count_documents(definition.connection, [index.name], deadline)[index.name]
    return documents == 0 and bool(definition.document) and count_about(definition) > 0


def differing_settings(definition: IndexDefinition, index: LiveIndex) -> tuple[str, ...]:
    """Return the declared settings that have another value in an index."""
    declared = dict(_flat(definition.settings))
    if index.settings.get("index.auto_expand_replicas", "false") != "false":
        # Elasticsearch sets the number itself.
        declared.pop("number_of_replicas", None)
    # This setting is used only when an index is created, and is not readable later.
    declared.pop("number_of_routing_shards", None)
    # Without the synonyms API the rules are in the index; another problem reports them.
    within = any(
        rules_within(definition.settings, index.settings, real) is not None
        for real in definition.synonyms.values()
    )
    return tuple(
        sorted(
            name
            for name, value in declared.items()
            if value is not None
            and not _is_same(value, index.settings.get(f"index.{name}"))
            and not (within and _OF_SYNONYMS.search(name))
        )
    )


def _is_same(declared: Any, live: str | None) -> bool:
    if live == _text(declared):
        return True
    if live is None or not isinstance(declared, float):
        return False
    try:
        # Elasticsearch writes it as 1.0E-5.
        return float(live) == declared
    except ValueError:
        return False


def _flat(settings: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in settings.items():
        path = f"{prefix}{name}".removeprefix("index.")
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        else:
            yield path, value


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_text, value))
    return str(value)


def _some(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_NAMED]) + (", …" if len(found) > _NAMED else "")
