"""The example shop's settings, in an index namespace of this run alone."""

import secrets

from config.settings import *  # noqa: F403
from config.settings import ES_URL

# The client refuses every index outside of it, so that no test can touch what is not its own.
INDEX_PREFIX = f"test-{secrets.token_hex(4)}-"

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
