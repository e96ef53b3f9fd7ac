"""The templates and lifecycle policies of a cluster that apply to an index."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...exceptions import ElasticsearchAdminError


@dataclass(frozen=True)
class Template:
    """An index template whose patterns match the names of the generations.

    Args:
        applies: whether Elasticsearch uses it: the composable template with the highest priority
            or, if there is none, all legacy templates.
        components: the names of its component templates.
        legacy: whether it is a legacy template, with an order instead of a priority.
    """

    name: str
    patterns: tuple[str, ...]
    priority: int
    applies: bool
    components: tuple[str, ...]
    body: Mapping[str, Any]
    legacy: bool = False


@dataclass(frozen=True)
class Policies:
    """What the cluster adds to an index, or does with it automatically.

    Args:
        templates: the templates, by descending priority; None if unknown.
        lifecycle: the name of the policy that manages the index; "" for none, None if unknown.
        phase: the current phase of the index; "" if unknown.
        body: the policy; None if unknown.
        failed: why a step of the policy failed; "" if none did.
        templates_error: why the templates are unknown; "" if they are known.
        lifecycle_error: the same for the policy.
    """

    templates: tuple[Template, ...] | None = None
    lifecycle: str | None = None
    phase: str = ""
    body: Mapping[str, Any] | None = None
    failed: str = ""
    templates_error: str = ""
    lifecycle_error: str = ""


def read_policies(connection: Base, index: str, deadline: Deadline) -> Policies:
    """Return what applies to a physical index; None for what is unknown."""
    found = Policies()
    try:
        found = replace(found, templates=_templates(connection, index, deadline))
    except ElasticsearchAdminError as error:
        found = replace(found, templates_error=str(error))
    try:
        found = _with_lifecycle(connection, index, deadline, found)
    except ElasticsearchAdminError as error:
        return replace(found, lifecycle_error=str(error))
    if not found.lifecycle:
        return found
    try:
        return replace(found, body=_policy(connection, found.lifecycle, deadline))
    except ElasticsearchAdminError as error:
        return replace(found, lifecycle_error=str(error))


def _templates(connection: Base, index: str, deadline: Deadline) -> tuple[Template, ...]:
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        answer = client.indices.get_index_template()
        # Legacy templates apply only if no composable template matches.
        older = client.options(ignore_status=(404, 410)).indices.get_template()
    with understood(connection):
        fitting = []
        for each in answer.body["index_templates"]:
            body = each["index_template"]
            patterns = _patterns(body)
            if any(fnmatchcase(index, pattern) for pattern in patterns):
                priority = int(body.get("priority") or 0)
                fitting.append((priority, str(each["name"]), patterns, body))
        fitting.sort(key=lambda found: -found[0])
        composable = tuple(
            Template(
                name=name,
                patterns=patterns,
                priority=priority,
                applies=place == 0,
                components=tuple(map(str, body.get("composed_of") or ())),
                body=body.get("template") or {},
            )
            for place, (priority, name, patterns, body) in enumerate(fitting)
        )
        legacy = [
            Template(
                name=str(name),
                patterns=_patterns(body),
                priority=int(body.get("order") or 0),
                applies=not composable,
                components=(),
                body={key: body[key] for key in ("settings", "mappings", "aliases") if key in body},
                legacy=True,
            )
            for name, body in older.body.items()
            if isinstance(body, dict) and "index_patterns" in body
        ]
        legacy = [each for each in legacy if any(fnmatchcase(index, one) for one in each.patterns)]
        return (*composable, *sorted(legacy, key=lambda each: -each.priority))


def _patterns(body: Mapping[str, Any]) -> tuple[str, ...]:
    patterns = body["index_patterns"]
    return (patterns,) if isinstance(patterns, str) else tuple(map(str, patterns))


def _with_lifecycle(connection: Base, index: str, deadline: Deadline, found: Policies) -> Policies:
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        explained = client.ilm.explain_lifecycle(index=index)
    with understood(connection):
        told = explained.body["indices"].get(index, {})
        name = str(told.get("policy") or "") if told.get("managed") else ""
        return replace(
            found,
            lifecycle=name,
            phase=str(told.get("phase") or ""),
            failed=_failure(told) if told.get("failed_step") or told.get("step") == "ERROR" else "",
        )


def _failure(told: Mapping[str, Any]) -> str:
    """Return the failed step, and Elasticsearch's reason."""
    info = told.get("step_info")
    reason = info.get("reason") or info.get("message") if isinstance(info, Mapping) else ""
    return ": ".join(str(part) for part in (told.get("failed_step"), reason) if part) or "ERROR"


def _policy(connection: Base, name: str, deadline: Deadline) -> Mapping[str, Any]:
    with translated(connection):
        client = connection.client.options(request_timeout=deadline.remaining)
        policy = client.ilm.get_lifecycle(name=name)
    with understood(connection):
        body: Mapping[str, Any] = dict(policy.body[name]["policy"])
        return body
