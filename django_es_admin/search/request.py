"""A search request as it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from elasticsearch import Elasticsearch


@dataclass(frozen=True)
class SearchRequest:
    """One request to ``_search``.

    Args:
        index: an alias, or names separated by commas.
        body: the body in Elasticsearch's query language.
        params: the parameters of the URL.
    """

    index: str
    body: Mapping[str, Any]
    params: Mapping[str, Any]

    @property
    def path(self) -> str:
        """The path of the request's URL."""
        asked: dict[str, str] = {}
        for name, given in self.params.items():
            if isinstance(given, list | tuple):
                asked[name] = ",".join(given)
            else:
                asked[name] = str(given).lower() if isinstance(given, bool) else str(given)
        return f"{self.index}/_search?{urlencode(asked, safe=',')}"

    def send(self, client: Elasticsearch) -> Mapping[str, Any]:
        """Send the request, and return the answer. The errors are those of the client."""
        answer = client.search(index=self.index, body=dict(self.body), **self.params)
        found: Mapping[str, Any] = answer.body
        return found


def made(**parts: Any) -> dict[str, Any]:
    """Return a body with the parts that are not None."""
    return {name: part for name, part in parts.items() if part is not None}
