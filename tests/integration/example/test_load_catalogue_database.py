"""What `load_catalogue` says of a database that is not ready."""

import os
import subprocess
from pathlib import Path

import shop
from django.conf import settings

from tests import forks

MANAGE = Path(shop.__file__).parent.parent / "manage.py"


def manage(database: Path, *args: str) -> subprocess.CompletedProcess[str]:
    # The demo may have an index on the same server.
    prefix = settings.ES_SERVERS["default"]["INDEX_PREFIX"]
    (database.parent / "apart.py").write_text(
        "from config.settings import *\n"
        f"ES_SERVERS['default']['INDEX_PREFIX'] = {prefix + 'apart-'!r}\n"
    )
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "apart",
        "DATABASE_URL": f"sqlite:///{database}",
        "PYTHONPATH": os.pathsep.join([str(MANAGE.parent.parent), str(database.parent)]),
    }
    return forks.run([str(MANAGE), *args], environment=environment, warnings="error")


def test_a_fresh_database_is_one_line_and_then_two_commands(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    refused = manage(database, "load_catalogue", "--count=3")
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert "no such table" in refused.stderr
    assert "migrate" in refused.stderr

    migrated = manage(database, "migrate", "--no-input")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    loaded = manage(database, "load_catalogue", "--count=3")
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert "3 created" in loaded.stdout


def test_models_and_migrations_agree(tmp_path: Path) -> None:
    checked = manage(tmp_path / "db.sqlite3", "makemigrations", "--check", "--dry-run", "shop")
    assert (checked.returncode, checked.stderr) == (0, "")
