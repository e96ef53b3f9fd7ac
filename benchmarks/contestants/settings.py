"""Settings of one contestant: the shop, and what fills or updates its index.

Environment:
    CONTESTANT: one of CONTESTANTS; "none" has no index, "limit" is written by hand.
    DATABASE_URL, ES_URL: its database, and the server.
    INDEX_PREFIX: what the name of its index begins with.
"""

import os

from config.database import get_database
from elastic_transport import OrjsonSerializer

OURS = ("ours", "columns", "limit", "inline", "worker", "triggers")
PEER = ("peer-plain", "peer", "peer-no-refresh", "peer-tuned")
CONTESTANTS = ("none", *OURS, *PEER, "modelsearch")

CONTESTANT = os.environ["CONTESTANT"]
ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
INDEX_PREFIX = os.environ["INDEX_PREFIX"]

SECRET_KEY = "of a program that serves nothing"  # noqa: S105 (of no use to anybody)
DATABASES = {"default": get_database(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = ["import_export", "shop", "django.contrib.contenttypes", "django.contrib.auth"]

if CONTESTANT in OURS:
    INSTALLED_APPS += ["django_es_admin", "django.contrib.admin"]
    ES_SERVERS = {
        "default": {"HOSTS": [ES_URL], "INDICES": ["products"], "INDEX_PREFIX": INDEX_PREFIX}
    }
    ES_INDICES = {"products": {}}
    ES_ADMIN = {"SYNC": "worker" if CONTESTANT in ("worker", "triggers") else "inline"}
elif CONTESTANT in PEER:
    INSTALLED_APPS += ["django_elasticsearch_dsl", "contestants.peer"]
    ELASTICSEARCH_DSL = {"default": {"hosts": ES_URL}}
    # By default it refreshes after every chunk, and after every save.
    ELASTICSEARCH_DSL_AUTO_REFRESH = CONTESTANT in ("peer-plain", "peer")
    if CONTESTANT == "peer-tuned":
        ELASTICSEARCH_DSL["default"]["serializer"] = OrjsonSerializer()
elif CONTESTANT == "modelsearch":
    INSTALLED_APPS += ["modelsearch", "rebuild_contestants.indexed"]
    MODELSEARCH_BACKENDS = {
        "default": {
            "BACKEND": "modelsearch.backends.elasticsearch9",
            "URLS": [ES_URL],
            "INDEX_PREFIX": INDEX_PREFIX,
            "INDEX_SETTINGS": {"settings": {"number_of_shards": 1, "number_of_replicas": 0}},
        }
    }
