"""The example shop's settings, with an index namespace for this run."""

import secrets
import tempfile
from pathlib import Path

from config.settings import *  # noqa: F403
from config.settings import DATABASES, ES_URL
from config.settings import INSTALLED_APPS as SHOP_APPS

# The models of the tutorials stay as in the tutorials.
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

# The apps of the tests have no migrations, so their tables would be created before those of apps
# with migrations. But in PostgreSQL, the table that a foreign key refers to must already exist.
MIGRATION_MODULES = {"auth": None, "contenttypes": None}

# The client refuses every index outside of this namespace, so tests cannot touch other indices.
INDEX_PREFIX = f"test-{secrets.token_hex(4)}-"

# A second database, for models that a router sends there.
DATABASES["other"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ":memory:",
}
# A file, as in production. SQLite in memory locks tables instead of waiting.
for _alias, _database in DATABASES.items():
    if _database["ENGINE"].endswith("sqlite3"):
        _database["TEST"] = {
            "NAME": str(Path(tempfile.gettempdir()) / f"{INDEX_PREFIX}{_alias}.sqlite3")
        }
        # Crashes of the machine are not tested, and waiting for the disk takes long.
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
# More time than in production, because the machine also runs a browser and a cluster.
ES_ADMIN = {
    "PAGE_TIMEOUT": 10,
    "SEARCH_TIMEOUT": 10,
    "INLINE_TIMEOUT": 10,
    # A server that a test has stopped does not come back.
    "OPERATION_PATIENCE": 2,
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEBUG = False
