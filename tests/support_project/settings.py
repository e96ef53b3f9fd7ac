"""Settings of the project; what is live is in the namespace that LIVE_PREFIX names."""

import os

import dj_database_url

SECRET_KEY = "of a project that only tests"
INSTALLED_APPS = [
    "django_es_admin",
    "library",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL") or "sqlite://:memory:")
}
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("TEST_DATABASE")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django_es_admin.test.runner.DiscoverRunner"

SERVER = {
    "HOSTS": [os.environ.get("ES_URL") or "http://127.0.0.1:9200"],
    "INDEX_PREFIX": os.environ["LIVE_PREFIX"],
    # The machine may be busy with other things.
    "PARAMS": {"request_timeout": 60},
}
ES_SERVERS = {
    "default": {**SERVER, "INDICES": ["books", "notes"]},
    "notes": {**SERVER, "INDICES": ["notes"]},
    # Production's, as it may be: tests neither write to it nor wait for it.
    "archive": {"HOSTS": ["http://127.0.0.1:9"], "INDICES": ["notes"], "READONLY": True},
}
ES_INDICES = {
    "books": {"ALIASES": ["catalogue"]},
    "notes": {"TESTS": {"NAME": "test_notes"}},
}
ES_ADMIN = {"INLINE_TIMEOUT": 10, "OPERATION_TIMEOUT": 60}
