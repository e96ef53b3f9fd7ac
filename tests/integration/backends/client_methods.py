"""Every method of the client, with arguments that let it send a request."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from elasticsearch import Elasticsearch

SIMILAR = {"query": {"match_all": {}}}
# Arguments by their name; others that are needed get the text "x".
ARGUMENTS: dict[str, Any] = {
    "actions": [{"add": {"index": "mine-a", "alias": "mine-b"}}],
    "alias": "mine-a",
    "api_key": {"name": "x"},
    "body": {},
    "configuration": {},
    "conflicts": "proceed",
    "create_from": {},
    "dest": {"index": "mine-b"},
    "detector": {},
    "doc": {"a": 1},
    "docs": [{"_index": "mine-a", "_id": "1"}],
    "document": {"a": 1},
    "evaluation": {},
    "events": [{}],
    "features": {},
    "grok_pattern": "x",
    "ids": ["1"],
    "index": "mine-a",
    "indices": ["mine-a"],
    "indices_boost": [{"mine-a": 2}],
    "lifecycle": {},
    "mappings": {},
    "max_docs": 1,
    "messages": ["x"],
    "metric": ["docs"],
    "new_index": "mine-b",
    "operations": [{"index": {"_index": "mine-a"}}, {"a": 1}],
    "policy": {},
    "properties": {"a": {"type": "keyword"}},
    "query": {"match_all": {}},
    "reindex": {"mode": "upgrade", "source": {"index": "mine-a"}},
    "requests": [{"id": "x", "request": SIMILAR, "ratings": []}],
    "script": {"source": "1"},
    "search_application": {},
    "searches": [{"index": "mine-a"}, SIMILAR],
    "search_templates": [{"index": "mine-a"}, {"source": SIMILAR}],
    "settings": {"index": {"number_of_replicas": 0}},
    "size": 1,
    "synonyms_set": [],
    "target": "mine-b",
    "target_index": "mine-b",
    "template": {},
    "text": "x",
    "text_files": ["x"],
    "vertices": [{"field": "a"}],
    "x": 1,
    "y": 1,
    "zoom": 1,
}
# What these take under a name that others use for something else.
OWN_ARGUMENTS: dict[str, dict[str, Any]] = {
    "close_point_in_time": {"id": "x"},
    "esql.query": {"query": "FROM mine-a"},
    "esql.async_query": {"query": "FROM mine-a"},
    "eql.search": {"query": "any where true"},
    "indices.analyze": {"text": "x"},
    "indices.create_from": {"source": "mine-a", "dest": "mine-b"},
    "indices.downsample": {"config": {"fixed_interval": "1h"}},
    "indices.put_settings": {"settings": {"number_of_replicas": 0}},
    "indices.resolve_index": {"name": "mine-a"},
    "mtermvectors": {"docs": [{"_index": "mine-a", "_id": "1"}]},
    "reindex": {"source": {"index": "mine-a"}, "dest": {"index": "mine-b"}},
    "scripts_painless_execute": {"script": {"source": "1"}},
    "search_template": {"source": SIMILAR},
    "render_search_template": {"source": SIMILAR},
    "sql.query": {"query": "SELECT * FROM a"},
    "sql.translate": {"query": "SELECT * FROM a"},
    "sql.clear_cursor": {"cursor": "x"},
    "clear_scroll": {"scroll_id": "x"},
    "scroll": {"scroll_id": "x"},
    "terms_enum": {"field": "a"},
    "update": {"doc": {"a": 1}},
    "search_mvt": {"field": "a"},
}
# Given though not needed, as a request would have no body without.
BODIES = (
    "actions document doc docs operations query requests script search_templates searches settings "
    "text vertices"
).split()
# `name` of these is one of an alias or a data stream, or of whatever resolves to an index.
NAMED = re.compile(r"alias|data_stream|lifecycle|resolve_")
NAMES_INDICES = (
    "alias",
    "follower_index",
    "index",
    "index_name",
    "indexes",
    "indices",
    "leader_index",
    "new_index",
    "renamed_index",
    "rollup_index",
    "target",
    "target_index",
)


@dataclass(frozen=True)
class ClientMethod:
    """A method.

    Args:
        name: with its namespace.
    """

    name: str
    function: Callable[..., Any]

    def __str__(self) -> str:
        return self.name

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """By name, without self."""
        found = dict(inspect.signature(inspect.unwrap(self.function)).parameters)
        del found["self"]
        return found

    @cached_property
    def in_path(self) -> list[str]:
        """The arguments that stand in the path."""
        source = inspect.getsource(inspect.unwrap(self.function))
        return [name for name in self.parameters if f"_quote({name})" in source]

    @cached_property
    def naming(self) -> list[str]:
        """The arguments that name an index."""
        found = [name for name in self.parameters if name in NAMES_INDICES]
        if "name" in self.parameters and re.match(r"(indices|cat)\.", self.name):
            found += ["name"] if NAMED.search(self.name) else []
        if self.name == "indices.create_from":
            found += ["source", "dest"]
        return found

    def arguments(self) -> dict[str, Any]:
        """Return what lets it send a request about indices that begin with "mine-"."""
        needed = {
            name
            for name, parameter in self.parameters.items()
            if parameter.default is inspect.Parameter.empty or name in BODIES
        }
        needed |= _learned.get(self.name, set())
        given = {name: ARGUMENTS.get(name, "x") for name in needed}
        if "name" in needed and "name" in self.naming:
            given["name"] = "mine-a"
        return {**given, **OWN_ARGUMENTS.get(self.name, {})}

    def call(self, client: Elasticsearch, **changed: Any) -> Any:
        """Call it, with what it says that it needs beside."""
        owner: Any = client
        for part in self.name.split("."):
            owner = getattr(owner, part)
        while True:
            try:
                return owner(**{**self.arguments(), **changed})
            except ValueError as error:
                missing = re.match(r"Empty value passed for parameters? '(\w+)'", str(error))
                if missing is None:
                    raise
                _learned.setdefault(self.name, set()).add(missing[1])


# Method -> arguments that it has said to be missing.
_learned: dict[str, set[str]] = {}


def client_methods() -> Iterator[ClientMethod]:
    """Yield all of them."""
    client = Elasticsearch("http://127.0.0.1:9")
    owners = {"": client} | {
        f"{name}.": value for name, value in vars(client).items() if not name.startswith("_")
    }
    for prefix, owner in owners.items():
        for name, function in inspect.getmembers(type(owner), inspect.isfunction):
            source = inspect.getsource(inspect.unwrap(function))
            if name != "perform_request" and not name.startswith("_") and "endpoint_id=" in source:
                yield ClientMethod(f"{prefix}{name}", function)
