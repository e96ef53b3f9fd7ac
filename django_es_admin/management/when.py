"""Times in the options of a command."""

import argparse
import re
from datetime import UTC, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(rf"(\d+(?:\.\d+)?)\s*([{''.join(_UNITS)}])")


def moment(text: str) -> datetime:
    """Return the time in ``text``: a day, a time of day, or how long ago it was.

    Without an offset, the time is in the project's time zone.

    Args:
        text: such as ``2026-11-21``, ``2026-11-21 07:25``, ``2026-11-21T07:25:12+01:00`` or
            ``90m``.
    """
    given = text.strip()
    if ago := _AGO.fullmatch(given):
        try:
            past = timezone.localtime(_now()) - timedelta(**{_UNITS[ago[2]]: float(ago[1])})
        except OverflowError:
            raise argparse.ArgumentTypeError(f"{text!r} is too long ago") from None
        return _everywhere(past, text)
    try:
        found = parse_datetime(given)
        if found is None and (day := parse_date(given)):
            found = datetime.combine(day, time())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment: {error}") from None
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment: give a day or a time (2026-11-21, 2026-11-21T07:25), or how "
            f"long ago it was (90m, 12h, 7d)"
        )
    return _everywhere(found if timezone.is_aware(found) else timezone.make_aware(found), text)


def _everywhere(found: datetime, text: str) -> datetime:
    """Return a time that exists in the project's time zone, and in that of the databases."""
    try:
        timezone.localtime(found)
        found.astimezone(UTC)
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment of the calendar") from None
    return found


def _now() -> datetime:
    now = timezone.now()
    return now if timezone.is_aware(now) else timezone.make_aware(now)
