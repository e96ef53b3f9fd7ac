"""Make a sheet while its rows are read."""

from codecs import iterencode
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest
from import_export.resources import Resource
from tablib import Dataset

# Rows that are sent at once.
PORTION = 1_000

# The methods of a resource that see the export as a whole.
_WHOLE = ("export", "after_export")


def is_streamable(resource: Any) -> bool:
    """Return whether a resource leaves the export as a whole to the library."""
    return all(getattr(resource, name) is getattr(Resource, name) for name in _WHOLE)


def parts_of(
    file_format: Any,
    resource: Any,
    queryset: QuerySet[Any],
    *,
    encoding: str | None,
    **given: Any,
) -> Iterator[bytes]:
    """Return a sheet in parts; the first is made at once: its errors are a page, not half a file.

    Args:
        encoding: of the whole, which has one byte order mark at most; UTF-8 if None.
        given: for the hooks of the resource, too.
    """
    sheets = _sheets(resource, queryset, encoding=encoding, **given)
    parts = iterencode(map(file_format.export_data, sheets), encoding or "utf-8")
    return chain(list(islice(parts, 1)), parts)


def _sheets(
    resource: Any, queryset: QuerySet[Any], *, export_fields: Any, **given: Any
) -> Iterator[Dataset]:
    """Yield what ``Resource.export`` returns, in portions; the first one has the headers."""
    kwargs = {"export_fields": export_fields, **given}
    resource.before_export(queryset, **kwargs)
    rows = resource.iter_queryset(resource.filter_export(queryset, **kwargs))
    sheet = Dataset(headers=resource.get_export_headers(selected_fields=export_fields))
    portion = list(islice(rows, PORTION))
    while True:
        for row in portion:
            sheet.append(resource.export_resource(row, selected_fields=export_fields, **kwargs))
        yield sheet
        portion = list(islice(rows, PORTION))
        if not portion:
            return
        sheet = Dataset()


def parts_for(
    request: HttpRequest, parts: Iterator[bytes]
) -> Iterator[bytes] | AsyncIterator[bytes]:
    """Return ``parts`` in the way that the server sends them as they are made."""
    return _in_turn(parts) if isinstance(request, ASGIRequest) else parts


async def _in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    # Each is made in the thread that the request's queries were made in, as usual.
    following = sync_to_async(lambda: next(parts, None))
    while (part := await following()) is not None:
        yield part
