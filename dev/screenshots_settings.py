"""The example shop as in the screenshots of the documentation."""

import os

from config.settings import *  # noqa: F403
from config.settings import ES_URL

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SCREENSHOTS_DATABASE"]}
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ES_SERVERS = {
    "default": {
        "HOSTS": [ES_URL],
        "INDICES": ["products", "articles"],
        "LABEL": "Production",
        "COLOR": "red",
        "INDEX_PREFIX": "shop-",
    },
    "staging": {
        # A port that nothing listens on, because the picture should show a connection that is down.
        "HOSTS": ["http://127.0.0.1:9"],
        "LABEL": "Staging",
        "COLOR": "blue",
        "READONLY": True,
    },
}
ES_INDICES = {"products": {"ALIASES": ["catalogue"]}, "articles": {}}
# More time than in production, because the machine also runs a browser and a cluster.
ES_ADMIN = {"PAGE_TIMEOUT": 10, "SEARCH_TIMEOUT": 10}
