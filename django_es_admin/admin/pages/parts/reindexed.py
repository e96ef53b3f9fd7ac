"""The result of a reindex, as a message of the admin."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....indices.definition import IndexDefinition
from ....lifecycle.reindex import ReindexResult
from ...rights import IndexPages, index_of
from .format import number

MOST_CHARACTERS = 300
"""The maximum length of a reason, because Elasticsearch's errors quote whole values."""


def tell_reindexed(
    pages: IndexPages,
    request: HttpRequest,
    definition: IndexDefinition,
    result: ReindexResult,
    *,
    single: str | None = None,
) -> None:
    """Add a message with the numbers of objects that were written, wait, and were refused.

    Args:
        pages: the pages of the indices.
        single: the key, if there is only one object.
    """
    index = index_of(definition.using, definition.name)
    told = [_written(result), _waiting(result)]
    if result.refused:
        may_read = (
            pages.has_view_documents_permission(request, index)
            if single is None
            else pages.has_view_document_permission(request, index, single)
        )
        told.append(_refused(result, result.error if may_read else ""))
    text = " ".join(part for part in told if part) or _("There was nothing to write.")
    message: str | SafeString = text
    if (result.refused or result.waiting) and pages.has_view_permission(request):
        message = format_html(
            '{} <a href="{}">{}</a>',
            text,
            outbox_url(pages, definition, "refused" if result.refused else ""),
            _("See the outbox"),
        )
    level = messages.ERROR if result.refused else messages.WARNING
    if not (result.refused or result.waiting):
        level = messages.SUCCESS
    pages.message_user(request, message, level)


def outbox_url(pages: IndexPages, definition: IndexDefinition, state: str = "") -> str:
    """Return the URL of the outbox rows of an index.

    Args:
        state: a state in the list; "" for all rows.
    """
    url = reverse("admin:elasticsearch_outboxentry_changelist", current_app=pages.admin_site.name)
    asked = {"of": f"{definition.using}:{definition.name}", **({"state": state} if state else {})}
    return f"{url}?{urlencode(asked)}"


def _written(result: ReindexResult) -> str:
    if not result.written:
        return ""
    text = ngettext(
        "%(count)s object was written to the index.",
        "%(count)s objects were written to the index.",
        result.written,
    )
    return text % {"count": number(result.written)}


def _waiting(result: ReindexResult) -> str:
    if not result.waiting:
        return ""
    text = (
        ngettext(
            "%(count)s object waits, because Elasticsearch does not answer: nothing is lost.",
            "%(count)s objects wait, because Elasticsearch does not answer: nothing is lost.",
            result.waiting,
        )
        if result.unanswered
        else ngettext(
            "%(count)s object waits for the next drain.",
            "%(count)s objects wait for the next drain.",
            result.waiting,
        )
    )
    return text % {"count": number(result.waiting)}


def _refused(result: ReindexResult, why: str) -> str:
    text = ngettext(
        "%(count)s object was refused", "%(count)s objects were refused", result.refused
    ) % {"count": number(result.refused)}
    if not why:
        return f"{text}."
    cut = why if len(why) <= MOST_CHARACTERS else f"{why[:MOST_CHARACTERS]}…"
    return f"{text}: {cut}"
