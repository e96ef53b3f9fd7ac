"""The example shop's settings, in an index namespace of this run alone."""

import secrets
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, ES_URL
from config.settings import INSTALLED_APPS as SHOP_APPS

INSTALLED_APPS = [*SHOP_APPS, "tests.guide"]

# The client refuses every index outside of it, so that no test can touch what is not its own.
INDEX_PREFIX = f"test-{secrets.token_hex(4)}-"

# A file, as in production: an SQLite in memory locks tables instead of waiting.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {
        "NAME": str(Path(tempfile.gettempdir()) / f"{INDEX_PREFIX}django-es-admin.sqlite3")
    }

ES_SERVERS = {
    "default": {
        "HOSTS": [ES_URL],
        "INDICES": ["products"],
        "LABEL": "Tests",
        "INDEX_PREFIX": INDEX_PREFIX,
    },
}
ES_INDICES = {"products": {}}
# A page has a second in production; a machine that runs a browser and a cluster beside gets more.
ES_ADMIN = {"PAGE_TIMEOUT": 10, "SEARCH_TIMEOUT": 10}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEBUG = False
