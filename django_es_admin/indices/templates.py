"""What a cluster applies to new indices by their name: templates and lifecycle policies."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext as _

from ..backends.errors import translated, understood
from ..backends.transport.deadline import Deadline
from ..exceptions import AccessRefused
from ..said import Said
from .definition import IndexDefinition
from .live import LiveIndices
from .names import new_generation_name

_POLICY = "index.lifecycle.name"


def find_template_warnings(
    definition: IndexDefinition, live: LiveIndices, deadline: Deadline
) -> list[str]:
    """Return a warning for each template and each policy that would affect an index.

    Raises:
        ElasticsearchAdminError: as :func:`~django_es_admin.backends.errors.translated`.
    """
    return [*_templates(definition, deadline), *_policies(definition, live)]


def _templates(definition: IndexDefinition, deadline: Deadline) -> Iterator[str]:
    name = new_generation_name(definition.alias)
    client = definition.connection.client.options(request_timeout=deadline.remaining)
    try:
        with translated(definition.connection):
            found = client.indices.get_index_template()
            legacy = client.indices.get_template()
    except AccessRefused:
        # Reading templates needs its own privilege. Without it, there are no warnings.
        return
    with understood(definition.connection):
        templates = [(one["name"], one["index_template"]) for one in found["index_templates"]]
        matching = [
            title
            for title, body in (*templates, *legacy.body.items())
            if any(fnmatchcase(name, pattern) for pattern in _patterns(body))
        ]
    for title in matching:
        text = _(
            "The index template %(template)s matches %(name)s: Elasticsearch adds its settings to "
            "those that %(index)s declares."
        )
        yield Said(text, {"template": repr(title), "name": name, "index": definition.name})


def _patterns(body: Mapping[str, Any]) -> list[str]:
    patterns = body["index_patterns"]
    return [patterns] if isinstance(patterns, str) else list(patterns)


def _policies(definition: IndexDefinition, live: LiveIndices) -> Iterator[str]:
    for index in live.holders(definition.alias):
        policy = index.settings.get(_POLICY)
        if policy:
            text = _(
                "The lifecycle policy %(policy)s applies to %(index)s: it may roll over, "
                "shrink or delete the live generation."
            )
            yield Said(text, {"policy": repr(policy), "index": index.name})
