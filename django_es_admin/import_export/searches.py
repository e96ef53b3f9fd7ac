"""What people search, as a file."""

from dataclasses import fields
from typing import Any

from import_export.formats.base_formats import CSV
from tablib import Dataset

from ..insight.log.report import SearchLine, SearchReport

# "CSV Injection" of OWASP.
_FORMULAE = ("=", "+", "-", "@", "\t", "\r")
_LEFT_OUT = frozenset(("digest",))


def report_as_csv(report: SearchReport) -> str:
    """Return the lines of a report; what a program for tables takes for a formula is escaped."""
    names = [field.name for field in fields(SearchLine) if field.name not in _LEFT_OUT]
    data = Dataset(headers=names)
    for line in report.lines:
        data.append([_escaped(getattr(line, name)) for name in names])
    text: str = CSV().export_data(data)
    return text


def _escaped(value: Any) -> Any:
    """Return a value that no program takes for a formula: what visitors type may begin with "="."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAE) else value
