"""The description of a plan, and the requests that several plans show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .....indices.definition import IndexDefinition
from ...parts.format import pretty_json


@dataclass(frozen=True)
class Told:
    """The description of a plan.

    Args:
        steps: the steps, in order.
        requests: the requests to Elasticsearch, in order.
        typed: the text to type as confirmation; "" if nothing is destroyed.
        idle: whether there is nothing to do, and so no button.
        more: text and relative URL of a plan that does more, or something else.
    """

    steps: tuple[str, ...]
    requests: tuple[str, ...]
    typed: str = ""
    idle: bool = False
    more: tuple[str, str] | None = None


Tell = Callable[[Any], Told]


def put(definition: IndexDefinition, name: str) -> str:
    """Return the request that creates a generation."""
    body = {"settings": definition.settings, "mappings": definition.mappings}
    return f"PUT /{name}\n{pretty_json(body)}"


def move(*actions: Any) -> str:
    """Return the request that moves aliases."""
    return f"POST /_aliases\n{pretty_json({'actions': actions})}"
