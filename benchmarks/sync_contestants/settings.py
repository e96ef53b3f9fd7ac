"""Settings of one contestant: the shop, and what keeps its index.

Environment:
    CONTESTANT: one of CONTESTANTS.
    DATABASE_URL, ES_URL: its database, and the server.
    INDEX_PREFIX: what the name of its index begins with.
"""

import os

from config.database import get_database

CONTESTANTS = ("none", "peer", "peer-no-refresh", "inline", "worker")

CONTESTANT = os.environ["CONTESTANT"]
ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
INDEX_PREFIX = os.environ["INDEX_PREFIX"]

SECRET_KEY = "of a program that serves nothing"  # noqa: S105
DATABASES = {"default": get_database(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = ["import_export", "shop", "django.contrib.contenttypes", "django.contrib.auth"]

if CONTESTANT in ("inline", "worker"):
    INSTALLED_APPS += ["django_es_admin", "django.contrib.admin"]
    ES_SERVERS = {
        "default": {"HOSTS": [ES_URL], "INDICES": ["products"], "INDEX_PREFIX": INDEX_PREFIX}
    }
    ES_INDICES = {"products": {}}
    ES_ADMIN = {"SYNC": CONTESTANT}
elif CONTESTANT in ("peer", "peer-no-refresh"):
    INSTALLED_APPS += ["django_elasticsearch_dsl", "sync_contestants.peer"]
    ELASTICSEARCH_DSL = {"default": {"hosts": ES_URL}}
    ELASTICSEARCH_DSL_AUTO_REFRESH = CONTESTANT == "peer"
