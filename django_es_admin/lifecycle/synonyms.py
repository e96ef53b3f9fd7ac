"""Update the synonym sets in Elasticsearch from the rows."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ..backends.transport.deadline import Deadline
from ..conf import get_options
from ..exceptions import OperationRefused
from ..indices.definition import IndexDefinition
from ..indices.synonyms import has_api, read_set
from ..models import Operation
from ..operations.progress import Progress
from ..operations.recording import recording
from ..operations.refusals import find_readonly_refusals
from ..said import Said, together
from ..status.synonyms import count_differing, read_rules
from .generations.synonyms import put_rules


@dataclass(frozen=True)
class SetChange:
    """The differences of one synonym set of an index.

    Args:
        name: the name of the set in the rows.
        real: the name of the set in Elasticsearch.
        rules: the number of rules in the rows.
        added: how many rules Elasticsearch does not have yet.
        removed: how many rules Elasticsearch has that are not in the rows.
        missing: whether Elasticsearch does not have the set.
    """

    name: str
    real: str
    rules: int
    added: int
    removed: int
    missing: bool

    @property
    def differs(self) -> bool:
        """Whether the set has to be put."""
        return bool(self.added or self.removed or self.missing)


@dataclass(frozen=True)
class SynonymsPlan:
    """The plan of ``put_synonyms``.

    Args:
        sets: the sets of the index.
        refusals: why the operation cannot be done; empty if it can.
    """

    definition: IndexDefinition
    sets: tuple[SetChange, ...]
    refusals: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether no set has to be put."""
        return not self.refusals and not any(one.differs for one in self.sets)


@dataclass(frozen=True)
class SynonymsResult:
    """The result of ``put_synonyms``: how many rules each set has now, by its name in the rows."""

    index: str
    sets: Mapping[str, int]


def plan_synonyms(definition: IndexDefinition) -> SynonymsPlan:
    """Return the plan of :func:`put_synonyms`.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    deadline = Deadline(get_options().operation_timeout)
    refusals = find_readonly_refusals(definition)
    if not definition.synonyms:
        text = _("No analyzer of the index %(name)s names a set of synonyms.")
        refusals.append(Said(text, {"name": definition.name}))
    elif not has_api(definition.connection, deadline):
        text = _(
            "The server has no synonyms API, which came with Elasticsearch 8.10: the next "
            "`manage.py es_rebuild %(name)s` puts the rules into the index."
        )
        page = _(
            "The server has no synonyms API, which came with Elasticsearch 8.10: the next rebuild "
            "puts the rules into the index."
        )
        refusals.append(Said(text, {"name": definition.name}, page=page, verb="rebuild"))
    sets = () if refusals else tuple(_changes(definition, deadline))
    return SynonymsPlan(definition, sets, tuple(refusals))


def _changes(definition: IndexDefinition, deadline: Deadline) -> list[SetChange]:
    rules = read_rules([definition])
    found = []
    for name, real in definition.synonyms.items():
        wanted = rules[definition.using, name]
        live = read_set(definition.connection, real, deadline)
        found.append(
            SetChange(
                name=name,
                real=real,
                rules=len(wanted),
                added=len(set(wanted) - set(live or ())),
                removed=count_differing(wanted, live) - len(set(wanted) - set(live or ())),
                missing=live is None,
            )
        )
    return found


def put_synonyms(plan: SynonymsPlan) -> SynonymsResult:
    """Put the rules of the rows into the sets of an index that differ.

    Raises:
        OperationRefused: the plan has refusals.
        ElasticsearchAdminError: a request failed.
    """
    if plan.refusals:
        raise OperationRefused(together(plan.refusals))
    wanted = [one.name for one in plan.sets if one.differs]
    return put_named(plan.definition, wanted, Deadline(get_options().operation_timeout))


def put_named(definition: IndexDefinition, names: list[str], deadline: Deadline) -> SynonymsResult:
    """Put the rules of these sets, recorded as an operation.

    Args:
        names: the names of the sets in the rows.
        deadline: the deadline for all sets together.

    Raises:
        ElasticsearchAdminError: a request failed.
    """
    with recording(definition, Operation.Kind.SYNONYMS) as record:
        record.tell(Progress(definition.name, "synonyms"))
        sets = {name: put_rules(definition, name, deadline) for name in names}
        record.operation.details |= {"sets": sets}
    return SynonymsResult(definition.name, sets)
