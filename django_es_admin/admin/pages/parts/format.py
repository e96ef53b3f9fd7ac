"""Numbers, sizes, dates and definitions in the user's language and time zone."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ....said import Said

NOTHING = "—"
MAX_CHARACTERS = 1_000
"""The maximum length of a value in a table."""

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_TEN = 10


def number(value: float | None, decimals: int = 0) -> str:
    """Return a number with the language's separators; a dash for None."""
    if value is None:
        return NOTHING
    return formats.number_format(value, decimals, use_l10n=True, force_grouping=True)


def size(value: int | None) -> str:
    """Return a number of bytes in SI units, to two or three digits; a dash for None."""
    if value is None:
        return NOTHING
    amount = float(value)
    unit = 0
    # A value that rounds to 1,000 is shown in the next unit.
    while round(amount) >= _STEP and unit < len(_UNITS) - 1:
        amount /= _STEP
        unit += 1
    decimals = 0 if unit == 0 or round(amount, 1) >= _TEN else 1
    return f"{number(round(amount, decimals), decimals)}\N{NO-BREAK SPACE}{_UNITS[unit]}"


def latency(milliseconds: float) -> str:
    """Return a short time."""
    shown = number(round(milliseconds)) if milliseconds >= 1 else "<\N{NO-BREAK SPACE}1"
    return _("%(number)s ms") % {"number": shown}


def moment(value: datetime | None) -> str | SafeString:
    """Return a ``<time>`` in the current time zone, with seconds; a dash for None."""
    if value is None:
        return NOTHING
    local = value if timezone.is_naive(value) else timezone.localtime(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z").strip(),
        f"{formats.date_format(local, 'DATE_FORMAT', use_l10n=True)}, {local:%H:%M:%S}",
    )


def clock(value: datetime | None) -> str | SafeString:
    """Return the time of day with seconds, and the date if it is another day; a dash for None.

    Its title has the date and the time zone.
    """
    if value is None:
        return NOTHING
    local = value if timezone.is_naive(value) else timezone.localtime(value)
    now = timezone.now()
    today = (timezone.localtime(now) if timezone.is_aware(now) else now).date()
    date = "" if local.date() == today else f"{formats.date_format(local, 'SHORT_DATE_FORMAT')} "
    return _time(local, f"{date}{local:%H:%M:%S}")


def _time(local: datetime, text: str) -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z").strip(),
        text,
    )


def duration(seconds: float | None) -> str:
    """Return a length of time in its two largest units; a dash for None."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if whole < 60:
        return _("%(seconds)s s") % {"seconds": number(whole)}
    minutes, whole = divmod(whole, 60)
    if minutes < 60:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": minutes, "seconds": whole}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    days, hours = divmod(hours, 24)
    return _("%(days)s d %(hours)s h") % {"days": number(days), "hours": hours}


def age(value: datetime | None) -> str | SafeString:
    """Return how long ago a time was, with the time as title; a dash for None."""
    if value is None:
        return NOTHING
    local = value if timezone.is_naive(value) else timezone.localtime(value)
    passed = max((timezone.now() - value).total_seconds(), 0)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M:%S %Z").strip(),
        _("%(duration)s ago") % {"duration": duration(passed)},
    )


def percent(share: float) -> str:
    """Return a share in whole per cent."""
    # 99.6 % must not become 100 %.
    return f"{number(int(share * 100))}\N{NO-BREAK SPACE}%"


def definition(value: Mapping[str, Any] | None) -> str:
    """Return a field's definition on one line, with its type first: ``text, analyzer: english``."""
    if value is None:
        return ""
    rest = (f"{key}: {plain(item)}" for key, item in sorted(value.items()) if key != "type")
    return ", ".join([str(value.get("type", "object")), *rest])


def plain(value: Any) -> str:
    """Return a value of a document or a mapping as text on one line; a string unchanged."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def as_text(value: Any) -> str:
    """Return a value of a document as text, shortened for a table."""
    text = NOTHING if value is None else plain(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


def pretty_json(value: Any) -> str:
    """Return formatted JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


class _Figure(int):
    """A number that is formatted in the language, and still selects the form of a plural."""

    def __str__(self) -> str:
        return number(int(self))


def filled(text: Any, values: Mapping[str, Any]) -> SafeString:
    """Return a sentence with its values, which are escaped and isolated.

    Args:
        text: a translated sentence with names of values; it may be a lazy plural.
        values: the values. Numbers are formatted in the language; markup is kept.
    """
    # Translations are our own, as in a template; only the values may be untrusted.
    said = str(text % {name: _shown(value) for name, value in values.items()})
    return mark_safe(said)  # noqa: S308 (each value has been escaped)


def _shown(value: Any) -> Any:
    if isinstance(value, SafeString):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return _Figure(value)
    text = str(value)
    # Numbers do not need to be isolated.
    return isolated(text) if any(map(str.isalpha, text)) else escape(text)


def shown(text: str) -> str | SafeString:
    """Return a sentence from the layers below for a page, with its names isolated."""
    if not isinstance(text, Said):
        return text
    if text.parts:
        return format_html_join(" ", "{}", ((shown(part),) for part in text.parts))
    return filled(text.sentence, text.values)


def isolated(value: Any) -> SafeString:
    """Return a name, isolated so that its direction does not affect the text around it."""
    return format_html("<bdi>{}</bdi>", value)
