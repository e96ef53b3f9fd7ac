"""The smallest project that uses the package; run as a script, it opens the dashboard.

It prints one JSON object: where the package was imported from, and what the page answered.
"""

import json
import os

import django
from django.conf import settings
from django.urls import path

if not settings.configured:
    settings.configure(
        SECRET_KEY="of a project that lives for a second",
        ROOT_URLCONF="__main__",
        ALLOWED_HOSTS=["testserver"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        STATIC_URL="static/",
        INSTALLED_APPS=[
            "django_es_admin",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ],
                },
            },
        ],
        ES_SERVERS={"default": {"HOSTS": [os.environ["ES_URL"]]}},
    )
    django.setup()

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

import django_es_admin

urlpatterns = [path("admin/", admin.site.urls)]


def main() -> None:
    """Open the dashboard as a superuser."""
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    client = Client()
    client.force_login(User.objects.create_superuser("admin"))
    answer = client.get("/admin/elasticsearch/")
    print(  # noqa: T201 (how the test hears of it)
        json.dumps(
            {
                "package": django_es_admin.__file__,
                "version": django_es_admin.__version__,
                "status": answer.status_code,
                "page": answer.content.decode(),
            }
        )
    )


if __name__ == "__main__":
    main()
