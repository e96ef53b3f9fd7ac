"""The example shop's settings, in an index namespace of this run alone."""

import secrets
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, ES_URL
from config.settings import INSTALLED_APPS as SHOP_APPS

# The models of the tutorials stay as their readers write them.
SILENCED_SYSTEM_CHECKS = ["elasticsearch.W070"]

INSTALLED_APPS = [
    *SHOP_APPS,
    "django_es_admin.dsl",
    "tests.cars",
    "tests.guide",
    "tests.inputs",
    "tests.rows",
    "tests.testapp",
]

# The apps of the tests have no migrations, so that their tables are made before those of apps that
# have some. PostgreSQL wants to see at once what a foreign key leads to.
MIGRATION_MODULES = {"auth": None, "contenttypes": None}

# The client refuses every index outside of it, so that no test can touch what is not its own.
INDEX_PREFIX = f"test-{secrets.token_hex(4)}-"

# Models live in one database each; this is for those that a router sends elsewhere.
DATABASES["other"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ":memory:",
}
# A file, as in production: an SQLite in memory locks tables instead of waiting.
for _alias, _database in DATABASES.items():
    if _database["ENGINE"].endswith("sqlite3"):
        _database["TEST"] = {
            "NAME": str(Path(tempfile.gettempdir()) / f"{INDEX_PREFIX}{_alias}.sqlite3")
        }
        # No crash of the machine is tested, and to wait for its disk takes long.
        _options = _database.setdefault("OPTIONS", {})
        _commands = [_options.get("init_command", "").rstrip(";"), "PRAGMA synchronous = OFF"]
        _options["init_command"] = "; ".join(filter(None, _commands))
    else:
        _database["TEST"] = {"NAME": f"{INDEX_PREFIX}{_alias}"}

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
ES_ADMIN = {
    "PAGE_TIMEOUT": 10,
    "SEARCH_TIMEOUT": 10,
    "INLINE_TIMEOUT": 10,
    # What a test takes away does not come back.
    "OPERATION_PATIENCE": 2,
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEBUG = False
