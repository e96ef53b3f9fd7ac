"""`python -m tests.torture.searcher --help`: customers, who search all the time.

Prints JSON: how many searches there were, what the smallest of them found, and what failed.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from elasticsearch import ApiError, Elasticsearch, TransportError

PAUSE = 0.01
FAILURES_TOLD = 5


def main() -> int:
    """Search until a file is there; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--alias", required=True)
    parser.add_argument("--until", type=Path, required=True)
    options = parser.parse_args()
    searches, fewest, failures = 0, None, []
    print("{}")
    with Elasticsearch(
        os.environ["ES_URL"].split(","), max_retries=0, request_timeout=30
    ) as client:
        while not options.until.exists():
            searches += 1
            try:
                found = client.search(
                    index=options.alias, size=1, track_total_hits=True, query={"match_all": {}}
                )
                total = found["hits"]["total"]["value"]
                fewest = total if fewest is None else min(fewest, total)
                if found["_shards"]["failed"]:
                    failures.append(f"a shard failed: {found['_shards']}")
            except (ApiError, TransportError) as error:
                failures.append(f"{type(error).__name__}: {error}")
            time.sleep(PAUSE)
    told = {"searches": searches, "fewest": fewest, "failed": len(failures)}
    print(json.dumps(told | {"failures": failures[:FAILURES_TOLD]}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
