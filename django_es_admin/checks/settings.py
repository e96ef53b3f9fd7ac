"""Check ``ES_SERVERS``, ``ES_INDICES`` and ``ES_ADMIN``."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import get_default_exception_reporter_filter

from django_es_admin import connections

from .. import conf
from ..backends.settings.configuration import servers_of, servers_setting
from ..backends.settings.secrets import find_secrets
from ..backends.settings.validation import find_server_problems
from .messages import TAG, error, warning

_SERVER_IDS = {
    "type": "E001",
    "key": "E002",
    "default": "E003",
    "index": "E004",
    "hosts": "E005",
    "color": "E006",
    "shared": "E007",
    "body": "E050",
    "prefix": "E019",
}
_KINDS = {"url": "password in a URL", "header": "header that may be a secret"}
_FILTER_HINT = (
    "Set DEFAULT_EXCEPTION_REPORTER_FILTER to 'django_es_admin.backends.reporting.ReporterFilter'."
)
_HINTS = {
    "url": "Remove user and password from the URL, and pass them as basic_auth in PARAMS.",
}


@register(TAG)
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check ``ES_SERVERS``, ``ES_INDICES`` and ``ES_ADMIN``."""
    servers, setting = servers_of(settings), servers_setting(settings)
    indices = getattr(settings, "ES_INDICES", {})
    messages: list[CheckMessage] = [
        error(_SERVER_IDS[problem.kind], problem.message, problem.hint)
        for problem in find_server_problems(servers, indices, setting)
    ]
    try:
        conf.parse(getattr(settings, "ES_ADMIN", {}))
    except ImproperlyConfigured as problem:
        messages.append(error("E008", str(problem), "See the settings in the documentation."))
    if not messages:
        messages += _check_engines()
    return messages


@register(TAG)
def check_passwords(**kwargs: Any) -> list[CheckMessage]:
    """Check that there are no credentials where Django's error reports would show them."""
    if check_settings():
        return []
    setting = servers_setting(settings)
    # The filter for error reports may be the project's own.
    reports = get_default_exception_reporter_filter()
    shown = reports.cleanse_setting(setting, getattr(settings, setting, {}))
    found = {
        (f"{setting}[{alias!r}]{secret.place}", secret.kind)
        for alias, server in shown.items()
        for secret in find_secrets(server)
        if secret.text != reports.cleansed_substitute
    }
    return [
        warning(
            "W002",
            f"{place} has a {_KINDS.get(kind, 'credential')}: Django's error reports show "
            f"settings, and hide only those whose name sounds like a secret.",
            _HINTS.get(kind, _FILTER_HINT),
        )
        for place, kind in sorted(found)
    ]


@register(TAG)
def check_prefixes(**kwargs: Any) -> list[CheckMessage]:
    """Check that no name of another index can begin with ``INDEX_PREFIX``."""
    if check_settings():
        return []
    return [
        warning(
            "W003",
            f"{servers_setting(settings)}[{alias!r}]{place} has the INDEX_PREFIX {prefix!r}, with "
            f"which names of other indices may also begin.",
            f"End it with a separator: {prefix + '-'!r}.",
        )
        for alias, server in connections.servers.items()
        for place, prefix in (
            ("", server["INDEX_PREFIX"]),
            ("['TEST']", server["TEST"]["INDEX_PREFIX"]),
        )
        if prefix and prefix[-1].isalnum() and (place == "" or prefix != server["INDEX_PREFIX"])
    ]


def _check_engines() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in connections:
        try:
            _ = connections[alias].client
        except ImproperlyConfigured as problem:
            messages.append(error("E009", str(problem), "Correct that entry of ES_SERVERS."))
    return messages
