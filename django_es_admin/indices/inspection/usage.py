"""How often searches used the fields of an index."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from ...backends.abstracts import Base
from ...backends.errors import translated, understood
from ...backends.transport.deadline import Deadline
from ...exceptions import ElasticsearchAdminError


@dataclass(frozen=True)
class FieldUsage:
    """How often the fields were used, counted by the shards since they were started.

    Args:
        uses: path -> how often a shard read the field for a search. A field that is missing here
            was never read.
        since: when the first of the shards was started; None if there is none.
    """

    uses: Mapping[str, int]
    since: datetime | None


def read_usage(connection: Base, index: str, deadline: Deadline) -> FieldUsage | None:
    """Return how often the fields of an index were used.

    Return None if this is unknown: the cluster does not count it, or does not show it to this user.
    """
    try:
        with translated(connection):
            client = connection.client.options(request_timeout=deadline.remaining)
            # The client's own method warns that the request may change.
            answer = client.perform_request(
                "GET",
                f"/{quote(index, safe='')}/_field_usage_stats",
                headers={"accept": "application/json"},
            )
        with understood(connection):
            shards = answer.body[index]["shards"]
            uses: Counter[str] = Counter()
            for shard in shards:
                for path, used in shard["stats"]["fields"].items():
                    uses[str(path)] += int(used["any"])
            started = [int(shard["tracking_started_at_millis"]) for shard in shards]
            since = datetime.fromtimestamp(min(started) / 1000, UTC) if started else None
            return FieldUsage(uses, since)
    except ElasticsearchAdminError:
        return None
