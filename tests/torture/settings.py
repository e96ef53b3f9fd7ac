"""The example shop's settings with short times, for the processes of one run.

Environment, beside the shop's own DATABASE_URL and ES_URL:
    TORTURE_PREFIX: what each index of the run begins with.
    TORTURE_INDICES: their names, separated by commas; default all four.
    TORTURE_SYNC: "inline" or "worker"; default "inline".
    TORTURE_BREAKER: seconds; default 0.1.
    TORTURE_BULK: documents in a request; default 100.
    TORTURE_PATIENCE: seconds that a rebuild waits for Elasticsearch; default 2.
    TORTURE_DELETE_AGAIN: seconds until a delete is sent again; default 3.
    TORTURE_DURABILITY: of the translog; default "async".
    TORTURE_REPLICAS: of each shard; default 0.
    TORTURE_PAUSES, TORTURE_DOOM: see `apps.py`.
"""

import os

from config.settings import *  # noqa: F403
from config.settings import ES_URL
from config.settings import INSTALLED_APPS as SHOP_APPS

from tests.torture.times import DELETE_AGAIN_AFTER, INLINE_TIMEOUT, LEASE, WRITE_TIMEOUT

INSTALLED_APPS = [*SHOP_APPS, "tests.torture"]
DEBUG = False

INDICES = (os.environ.get("TORTURE_INDICES") or "products,offers,shelves,labels").split(",")
ES_SERVERS = {
    "default": {
        "HOSTS": ES_URL.split(","),
        "INDICES": INDICES,
        "INDEX_PREFIX": os.environ["TORTURE_PREFIX"],
    },
}
SETTINGS = {
    # Elasticsearch may forget at any time that there was a delete, when it is restarted, say. Here
    # it forgets at once: only the second delete stands against a late write.
    "gc_deletes": "0s",
    # Where no crash of the server is tested, to wait for its disk takes most of the time.
    "translog.durability": os.environ.get("TORTURE_DURABILITY", "async"),
    "number_of_replicas": int(os.environ.get("TORTURE_REPLICAS", "0")),
}
ES_INDICES = {name: {"SETTINGS": SETTINGS} for name in INDICES}
ES_ADMIN = {
    "SYNC": os.environ.get("TORTURE_SYNC", "inline"),
    "INLINE_TIMEOUT": INLINE_TIMEOUT,
    "INLINE_MAX_OBJECTS": 20,
    "WRITE_TIMEOUT": WRITE_TIMEOUT,
    "DELETE_AGAIN_AFTER": float(os.environ.get("TORTURE_DELETE_AGAIN", DELETE_AGAIN_AFTER)),
    "OUTBOX_LEASE": LEASE,
    "OUTBOX_MAX_ATTEMPTS": 50,
    "OPERATION_PATIENCE": float(os.environ.get("TORTURE_PATIENCE", "2")),
    "BREAKER_SECONDS": float(os.environ.get("TORTURE_BREAKER", "0.1")),
    # Small, so that what belongs together is sent in several requests.
    "BULK_MAX_DOCUMENTS": int(os.environ.get("TORTURE_BULK", "100")),
}
