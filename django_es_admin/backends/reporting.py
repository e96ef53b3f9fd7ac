"""Django's error reports without the credentials of connections."""

from collections.abc import Mapping
from typing import Any

from django.views.debug import SafeExceptionReporterFilter

from .settings.configuration import CONNECTION_SETTINGS

_SHOWN = frozenset(("ENGINE", "INDICES", "LABEL", "COLOR", "READONLY", "INDEX_PREFIX"))


class ReporterFilter(SafeExceptionReporterFilter):
    """Use it in ``DEFAULT_EXCEPTION_REPORTER_FILTER``; Django's own filter shows URLs and headers.

    Of a connection's settings, it shows only those that cannot contain credentials.
    """

    def cleanse_setting(self, key: str | int, value: Any) -> Any:
        """Return the part of a setting that may be shown."""
        if key not in CONNECTION_SETTINGS - {"ES_INDICES"} or not value:
            return super().cleanse_setting(key, value)
        if not isinstance(value, Mapping):
            return self.cleansed_substitute
        return {alias: self._cleansed(server) for alias, server in value.items()}

    def _cleansed(self, server: Any) -> Any:
        if not isinstance(server, Mapping):
            return self.cleansed_substitute
        return {
            name: value if name in _SHOWN else self.cleansed_substitute
            for name, value in server.items()
        }
