"""Settings of the example shop: a demo on one's own machine, never a production site.

Environment:
    ES_URL: the Elasticsearch server; default http://127.0.0.1:9200.
    DATABASE_URL: the database; default is the SQLite file example_project/db.sqlite3.
"""

import os
from pathlib import Path

from config.database import get_database

BASE_DIR = Path(__file__).resolve().parent.parent

# What only a demo may do (the well-known password of `create_demo_user`) asks for this.
DEMO = True
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SECRET_KEY = "demo-only-and-public: never use it for a site that others can reach"  # noqa: S105 - protects nothing: this project serves the loopback interface only

INSTALLED_APPS = [
    "django_es_admin",
    "import_export",
    "django_tasks_db",
    "rest_framework",
    "drf_spectacular",
    "shop",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": get_database(
        os.environ.get("DATABASE_URL") or f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
    ),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
SPECTACULAR_SETTINGS = {
    "TITLE": "The shop's search",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
}

STATIC_URL = "static/"

# Rebuilds that are begun in the admin are done by `manage.py db_worker`.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

ES_URL = os.environ.get("ES_URL") or "http://127.0.0.1:9200"
ES_SERVERS = {
    "default": {
        "HOSTS": [ES_URL],
        "INDICES": ["products"],
        "LABEL": "Demo",
    },
}
ES_INDICES = {"products": {}}
