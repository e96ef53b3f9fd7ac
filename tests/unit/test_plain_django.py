"""The package needs no Django that django-stubs-ext has patched; some other packages patch it."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys, types

# Patches nothing: ModelAdmin takes no type parameter then.
sys.modules["django_stubs_ext"] = types.SimpleNamespace(monkeypatch=lambda *args, **options: None)

import django
from django.conf import settings

contrib = ("admin", "auth", "contenttypes", "messages", "sessions")
settings.configure(
    SECRET_KEY="of a process that lives for a second",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django_es_admin", "import_export", *(f"django.contrib.{x}" for x in contrib)],
)
django.setup()

import django_es_admin

# django-tasks, which this module imports, patches Django by itself and needs it.
needs_it = {"django_es_admin.tasks"}
for module in pkgutil.walk_packages(django_es_admin.__path__, "django_es_admin."):
    if module.name not in needs_it:
        importlib.import_module(module.name)
        print(module.name)
"""


def test_every_module_can_be_imported() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.split()) > 400
    assert "django_es_admin.admin.pages.index.admin" in ran.stdout.split()
