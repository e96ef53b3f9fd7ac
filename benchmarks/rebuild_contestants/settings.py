"""Settings of one contestant: the shop, and what fills its index.

Environment:
    CONTESTANT: one of CONTESTANTS; "limit" is written by hand, into an index of ours.
    DATABASE_URL, ES_URL: its database, and the server.
    INDEX_PREFIX: what the name of its index begins with.
"""

import os

from config.database import get_database
from elastic_transport import OrjsonSerializer

CONTESTANTS = ("ours", "limit", "peer-plain", "peer", "peer-tuned", "modelsearch")

CONTESTANT = os.environ["CONTESTANT"]
ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
INDEX_PREFIX = os.environ["INDEX_PREFIX"]

SECRET_KEY = "of a program that serves nothing"  # noqa: S105
DATABASES = {"default": get_database(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = ["import_export", "shop", "django.contrib.contenttypes", "django.contrib.auth"]

if CONTESTANT in ("ours", "limit"):
    INSTALLED_APPS += ["django_es_admin", "django.contrib.admin"]
    ES_SERVERS = {
        "default": {"HOSTS": [ES_URL], "INDICES": ["products"], "INDEX_PREFIX": INDEX_PREFIX}
    }
    ES_INDICES = {"products": {}}
elif CONTESTANT in ("peer-plain", "peer"):
    INSTALLED_APPS += ["django_elasticsearch_dsl", "sync_contestants.peer"]
    ELASTICSEARCH_DSL = {"default": {"hosts": ES_URL}}
elif CONTESTANT == "peer-tuned":
    INSTALLED_APPS += ["django_elasticsearch_dsl", "sync_contestants.peer"]
    ELASTICSEARCH_DSL = {"default": {"hosts": ES_URL, "serializer": OrjsonSerializer()}}
    # It would refresh after every chunk.
    ELASTICSEARCH_DSL_AUTO_REFRESH = False
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
