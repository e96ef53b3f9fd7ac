"""Add declared fields to the mapping of the live generation, if no rebuild is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from ..backends.errors import translated
from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.diff import Difference
from ..models import Operation
from ..operations.patience import outlast, patiently
from ..operations.progress import OnProgress, Progress, ignore
from ..operations.recording import recording
from ..operations.refusals import find_readonly_refusals
from ..operations.running import explain_running, running_rebuild
from ..said import together
from .changed import Changes, find_changes
from .generations.owner import find_owner_refusals
from .generations.table import generations_of
from .reindex import ReindexResult
from .selection import plan_reindex, write_chosen

_PUT = ("properties", "dynamic", "dynamic_templates", "date_detection", "numeric_detection")
"""The parts of a mapping that can be changed; ``_meta``, which names the owner, stays."""


@dataclass(frozen=True)
class MappingChange:
    """A field in which the declared and the live mapping differ.

    Args:
        applies: whether the field can be changed in place.
        blocks: whether only a rebuild can change the field, so that nothing is changed in place.
        why: the reason, in a sentence.
    """

    path: str
    declared: Mapping[str, Any] | None
    live: Mapping[str, Any] | None
    applies: bool
    blocks: bool
    why: str


@dataclass(frozen=True)
class UpdateMappingPlan:
    """The plan of ``update_mapping``.

    Args:
        generation: the live generation; "" if there is none.
        changes: the fields that differ.
        settings: the names of settings that differ, which are not changed.
        plan: whether documents are made differently from when the generation was built.
        objects: the number of objects that are written again, so that their documents get the new
            fields.
        reindex: whether these objects are written again.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    generation: str
    changes: tuple[MappingChange, ...]
    settings: tuple[str, ...]
    plan: bool
    objects: int
    reindex: bool
    refusals: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to put, and no object to write again."""
        return not (self.refusals or self.plan or any(one.applies for one in self.changes))


@dataclass(frozen=True)
class UpdateMappingResult:
    """The result of ``update_mapping``.

    Args:
        updated: the paths of the fields that were added or changed.
        objects: the result of writing objects again; None if none were written.
    """

    index: str
    generation: str
    updated: tuple[str, ...]
    objects: ReindexResult | None


def plan_update_mapping(definition: IndexDefinition, *, reindex: bool = True) -> UpdateMappingPlan:
    """Return the plan of :func:`update_mapping`.

    Args:
        reindex: write all objects again afterwards, so that their documents get the new fields.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    found = find_changes(definition)
    changes = tuple(map(_judge, found.fields))
    refusals = find_readonly_refusals(definition)
    if definition.document is None:
        text = _("The index %(name)s has no document, and so no declared mapping.")
        refusals.append(text % {"name": definition.name})
    elif not found.generation:
        text = _("The index %(name)s has no live generation: `manage.py es_rebuild %(name)s`.")
        refusals.append(text % {"name": definition.name})
    else:
        deadline = Deadline(get_options().operation_timeout)
        refusals += find_owner_refusals(definition, [found.generation], deadline)
        refusals += _find_refusals(found, changes)
        refusals += found.blocks
    if running := running_rebuild(definition):
        refusals.append(explain_running(running))
    chosen = plan_reindex(definition) if definition.document else None
    return UpdateMappingPlan(
        definition=definition,
        generation=found.generation,
        changes=changes,
        settings=found.settings,
        plan=found.plan,
        objects=chosen.objects if chosen and reindex else 0,
        reindex=reindex,
        refusals=tuple(refusals),
    )


def _judge(difference: Difference) -> MappingChange:
    declared, live = difference.declared, difference.live
    applies = blocks = False
    if declared is None:
        why = _(
            "it is no longer declared. A field cannot be removed from a mapping: it stays until "
            "the next rebuild, and is harmless"
        )
    elif live is None:
        applies = True
        why = _("a field can be added. Documents have it after they are written again")
    elif not difference.needs_rebuild:
        applies = True
        why = _("the differences can be applied while the index is in use")
    else:
        blocks = True
        why = _("the type of a field, and how it is indexed, can only be changed by a rebuild")
    return MappingChange(difference.path, declared, live, applies, blocks, why)


def _find_refusals(found: Changes, changes: tuple[MappingChange, ...]) -> list[str]:
    name = found.definition.name
    refusals = []
    if not generations_of(found.definition).filter(name=found.generation).exists():
        text = _(
            "django-es-admin did not create %(generation)s: `manage.py es_create %(name)s` "
            "registers it."
        )
        refusals.append(text % {"generation": found.generation, "name": name})
    if blocking := [one.path for one in changes if one.blocks]:
        text = _(
            "%(fields)s of %(name)s cannot be changed in place, so nothing is changed: "
            "`manage.py es_rebuild %(name)s`."
        )
        refusals.append(text % {"fields": ", ".join(blocking), "name": name})
    if analysis := [one for one in found.settings if one.startswith("analysis.")]:
        text = _(
            "The analysis of %(name)s differs (%(settings)s), and cannot be changed in place: "
            "`manage.py es_rebuild %(name)s`."
        )
        refusals.append(text % {"settings": ", ".join(analysis), "name": name})
    return refusals


def update_mapping(
    plan: UpdateMappingPlan, on_progress: OnProgress = ignore
) -> UpdateMappingResult:
    """Put the declared mapping into the live generation, and write all objects again.

    Only then does the generation count as built for this code.

    Raises:
        OperationRefused: the plan has refusals.
        OperationCancelled: the operation was cancelled; the mapping stays as it is then.
        ElasticsearchAdminError: a request failed.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    definition = plan.definition
    rows = generations_of(definition).filter(name=plan.generation)
    updated = tuple(one.path for one in plan.changes if one.applies)
    with recording(
        definition, Operation.Kind.UPDATE, generation=plan.generation, on_progress=on_progress
    ) as record:

        def tell() -> None:
            record.tell(Progress(definition.name, "update"))

        tell()
        patiently(partial(_put, plan), tell)
        # Before objects are written again: drains leave out fields that they do not know from the
        # mapping.
        outlast(lambda: rows.update(revision=F("revision") + 1))
        objects = None
        if plan.reindex:
            objects = write_chosen(plan_reindex(definition), record)
            outlast(lambda: rows.update(digest=definition.digest))
        record.operation.details |= {"updated": list(updated)}
    return UpdateMappingResult(definition.name, plan.generation, updated, objects)


def _put(plan: UpdateMappingPlan) -> None:
    if not any(one.applies for one in plan.changes):
        return
    connection, mappings = plan.definition.connection, plan.definition.mappings
    client = connection.client.options(request_timeout=get_options().operation_timeout)
    with translated(connection):
        client.indices.put_mapping(
            index=plan.generation, **{name: mappings[name] for name in _PUT if name in mappings}
        )
