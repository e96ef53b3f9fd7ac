"""A project whose first app comes before ours, by name and in INSTALLED_APPS."""

import os

import dj_database_url

SECRET_KEY = "of a project that lives for a second"
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["aaa", "later", "django.contrib.contenttypes", "django_es_admin"]
INSTALLED_APPS += os.environ.get("MORE_APPS", "").split()
CAPTURE = os.environ.get("CAPTURE", "signals")
ES_SERVERS = {
    "default": {"HOSTS": [os.environ["ES_URL"]], "INDEX_PREFIX": os.environ["INDEX_PREFIX"]}
}
USE_TZ = True
