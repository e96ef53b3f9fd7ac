"""The templates and lifecycle policies of a cluster that apply to an index; nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from ..backends.abstracts import Base
from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from ..exceptions import ElasticsearchAdminError


@dataclass(frozen=True)
class Template:
    """An index template whose patterns fit the names of the generations.

    Args:
        applies: whether it is the one that Elasticsearch takes, the one of the highest priority.
        components: names of the component templates that it is made of.
    """

    name: str
    patterns: tuple[str, ...]
    priority: int
    applies: bool
    components: tuple[str, ...]
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Policies:
    """What the cluster adds to an index, or does to it by itself.

    Args:
        templates: by falling priority; None where this user of the cluster may not see them.
        lifecycle: name of the policy that manages the index; "" for none, None where it is unknown.
        phase: where the index is in it.
        body: the policy.
    """

    templates: tuple[Template, ...] | None = None
    lifecycle: str | None = None
    phase: str = ""
    body: Mapping[str, Any] | None = None


def read_policies(connection: Base, index: str, deadline: Deadline) -> Policies:
    """Return what applies to a physical index; what may not be seen is None."""
    try:
        templates = _templates(connection, index, deadline)
    except ElasticsearchAdminError:
        templates = None
    try:
        return _with_lifecycle(connection, index, deadline, templates)
    except ElasticsearchAdminError:
        return Policies(templates)


def _templates(connection: Base, index: str, deadline: Deadline) -> tuple[Template, ...]:
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.indices.get_index_template()
    with understood(connection):
        fitting = []
        for each in answer.body["index_templates"]:
            body = each["index_template"]
            patterns = tuple(map(str, body["index_patterns"]))
            if any(fnmatchcase(index, pattern) for pattern in patterns):
                fitting.append((int(body.get("priority", 0)), str(each["name"]), patterns, body))
        fitting.sort(key=lambda found: -found[0])
        return tuple(
            Template(
                name=name,
                patterns=patterns,
                priority=priority,
                applies=place == 0,
                components=tuple(map(str, body.get("composed_of", ()))),
                body=body.get("template", {}),
            )
            for place, (priority, name, patterns, body) in enumerate(fitting)
        )


def _with_lifecycle(
    connection: Base, index: str, deadline: Deadline, templates: tuple[Template, ...] | None
) -> Policies:
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        explained = client.ilm.explain_lifecycle(index=index)
    with understood(connection):
        told = explained.body["indices"].get(index, {})
        name = str(told.get("policy") or "") if told.get("managed") else ""
    if not name:
        return Policies(templates, "")
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        policy = client.ilm.get_lifecycle(name=name)
    with understood(connection):
        body = policy.body[name]["policy"]
        return Policies(templates, name, str(told.get("phase") or ""), body)
