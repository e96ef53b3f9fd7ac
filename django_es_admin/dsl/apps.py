"""The app, with the command ``search_index``."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class DEDConfig(AppConfig):
    """The settings of django-elasticsearch-dsl, read at each use."""

    name = "django_es_admin.dsl"
    label = "elasticsearch_dsl"

    def ready(self) -> None:
        """Make sure that the app that does the work is installed.

        Raises:
            ImproperlyConfigured: the app is not installed.
        """
        if not apps.is_installed("django_es_admin"):
            raise ImproperlyConfigured(
                "INSTALLED_APPS has django_es_admin.dsl and not django_es_admin, which indexes "
                "what documents declare: add it, and run `manage.py migrate`."
            )

    @classmethod
    def autosync_enabled(cls) -> bool:
        """Return whether a save reaches the indices."""
        return bool(getattr(settings, "ELASTICSEARCH_DSL_AUTOSYNC", True))

    @classmethod
    def default_index_settings(cls) -> dict[str, Any]:
        """Return the default settings of each index."""
        return getattr(settings, "ELASTICSEARCH_DSL_INDEX_SETTINGS", {})

    @classmethod
    def auto_refresh_enabled(cls) -> bool | str:
        """Return the default of ``auto_refresh``: whether writes are searchable immediately."""
        return getattr(settings, "ELASTICSEARCH_DSL_AUTO_REFRESH", True)
