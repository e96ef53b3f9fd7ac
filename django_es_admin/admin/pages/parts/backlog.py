"""Describe the changes that wait, and when the indices will be up to date."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....status.backlog import Backlog
from .format import age, clock, duration, filled, number


@dataclass(frozen=True)
class BacklogLine:
    """The line about waiting changes.

    Args:
        icon: the admin's icon.
        text: how many changes wait, and until when.
        workers: the workers that write them; "" if unknown.
    """

    icon: str
    text: str | SafeString
    workers: str | SafeString


def tell_backlog(backlog: Backlog) -> BacklogLine:
    """Return the line about the changes that wait."""
    parts: list[str | SafeString] = []
    if backlog.silent:
        unknown = _("The changes that wait are unknown: the database %(names)s does not answer.")
        parts.append(filled(unknown, {"names": ", ".join(backlog.silent)}))
    if backlog.waiting:
        parts.append(_waiting(backlog))
    elif not backlog.silent:
        parts.append(
            ngettext("%(number)s change waits", "%(number)s changes wait", 0)
            % {"number": number(0)}
        )
    sound = not (backlog.silent or backlog.waiting or backlog.parked)
    icon = "yes" if sound else "clock" if not (backlog.silent or backlog.unattended) else "alert"
    return BacklogLine(icon, format_html(" ".join(["{}"] * len(parts)), *parts), _workers(backlog))


def _waiting(backlog: Backlog) -> SafeString:
    text = ngettext(
        "Nothing is lost: {count} change waits since {since}",
        "Nothing is lost: {count} changes wait since {since}",
        backlog.waiting,
    )
    since = clock(backlog.oldest)
    said = format_html(text, count=number(backlog.waiting), since=since)
    return format_html("{}{}.", said, _until(backlog))


def _until(backlog: Backlog) -> str | SafeString:
    seconds = None if backlog.seconds is None else max(backlog.seconds, 1)
    named = {"time": duration(seconds), "labels": ", ".join(backlog.down)}
    if backlog.unattended:
        return _("; nothing is written, because no worker is running")
    if backlog.down and seconds is None:
        return filled(_("; everything is written once %(labels)s answers"), named)
    if backlog.down:
        return filled(_("; about %(time)s once %(labels)s answers"), named)
    return "" if seconds is None else _("; about %(time)s") % named


def _workers(backlog: Backlog) -> str | SafeString:
    if backlog.silent:
        return ""
    if backlog.seen is None:
        return _("No worker has been seen yet.")
    if not backlog.workers:
        return format_html(_("The last worker was seen {age}."), age=age(backlog.seen))
    text = ngettext("{count} worker, seen {age}.", "{count} workers, seen {age}.", backlog.workers)
    # The clocks of two machines differ slightly.
    seen = min(backlog.seen, timezone.now()) if timezone.is_aware(backlog.seen) else backlog.seen
    return format_html(text, count=number(backlog.workers), age=age(seen))
