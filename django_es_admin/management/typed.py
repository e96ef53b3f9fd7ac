"""Options that code gives to a command, read as those of a command line are."""

import argparse
from collections.abc import Mapping
from typing import Any

from django.core.management.base import CommandError, CommandParser


def read_typed(parser: CommandParser, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of ``call_command()``, which Django takes as they are, each in its type.

    Args:
        options: a text, or a number, is read; any other value is one already.

    Raises:
        CommandError: one is none, as argparse says of a command line.
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
