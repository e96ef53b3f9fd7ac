"""Convert options that code passes to a command, like options on a command line."""

import argparse
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser


def read_typed(parser: CommandParser, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of ``call_command()`` in their types; Django passes them unchanged.

    Args:
        options: the options. Texts and numbers are converted; any other value is kept.

    Raises:
        CommandError: an option is invalid, with the message of argparse.
    """
    typed = dict(options)
    for action in parser._actions:  # noqa: SLF001 (nothing public tells the types)
        value = options.get(action.dest)
        if not callable(action.type) or not isinstance(value, str | int | float):
            continue
        try:
            typed[action.dest] = action.type(str(value))
        except argparse.ArgumentTypeError as error:
            raise CommandError(str(argparse.ArgumentError(action, str(error)))) from error
        except (TypeError, ValueError) as error:
            name = getattr(action.type, "__name__", repr(action.type))
            why = f"invalid {name} value: {value!r}"
            raise CommandError(str(argparse.ArgumentError(action, why))) from error
    return typed
