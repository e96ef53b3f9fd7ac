"""What is wrong in ``ES_SERVERS``, ``ES_INDICES`` and ``ES_ADMIN``."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, register
from django.core.exceptions import ImproperlyConfigured

from django_es_admin import connections

from .. import conf
from ..backends.configuration import node_urls, servers_of, servers_setting
from ..backends.validation import find_server_problems
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
    """Check that no password stands where Django's error reports show it."""
    if check_settings():
        return []
    messages: list[CheckMessage] = []
    setting = servers_setting(settings)
    for alias, server in connections.servers.items():
        written = [server["HOSTS"]] if isinstance(server["HOSTS"], str) else server["HOSTS"]
        for position, (host, url) in enumerate(zip(written, node_urls(server), strict=True)):
            # A dict is made into a URL, too; what it has as http_auth is hidden.
            if isinstance(host, str) and urlsplit(str(url)).password:
                messages.append(
                    warning(
                        "W002",
                        f"{setting}[{alias!r}] has a password in the URL of its host {position}: "
                        f"Django's error reports show settings, and hide only what is named "
                        f"as a secret.",
                        "Take user and password out of the URL, and give them as basic_auth.",
                    )
                )
    return messages


def _check_engines() -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias in connections:
        try:
            _ = connections[alias].client
        except ImproperlyConfigured as problem:
            messages.append(error("E009", str(problem), "Correct that entry of ES_SERVERS."))
    return messages
