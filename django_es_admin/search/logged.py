"""What log files may contain of a search: no words if ``LOG_SEARCH_WORDS`` is off."""

import json
from collections.abc import Mapping
from typing import Any

from ..conf import get_options
from ..exceptions import ElasticsearchAdminError, ServerRefused

_MAX_CHARACTERS = 4_000


def reason_of(error: ElasticsearchAdminError) -> str:
    """Return why a search failed. Elasticsearch's own reasons quote the query."""
    if get_options().log_search_words or not isinstance(error, ServerRefused):
        return str(error)
    return f"{type(error).__name__} (its reason is not logged: LOG_SEARCH_WORDS is off)"


def body_of(body: Mapping[str, Any]) -> str:
    """Return the body of a search for the log."""
    if get_options().log_search_words:
        return json.dumps(body, default=str)[:_MAX_CHARACTERS]
    return "the query is not logged, as LOG_SEARCH_WORDS is off"
