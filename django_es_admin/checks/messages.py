"""The messages of checks."""

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error

TAG = "elasticsearch_settings"


def error(number: str, message: str, hint: str, obj: Any = None) -> Error:
    return Error(message, hint=hint, obj=obj, id=f"elasticsearch.{number}")


def warning(number: str, message: str, hint: str, obj: Any = None) -> CheckMessage:
    return checks.Warning(message, hint=hint, obj=obj, id=f"elasticsearch.{number}")
