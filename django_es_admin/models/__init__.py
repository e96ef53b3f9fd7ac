"""The tables of the app, and two models without a table that give the admin its pages.

A model changes its own rows. Nothing here sends requests to Elasticsearch.
"""

from .count import RowCount
from .generation import Generation, LoadRange, RefusedDocument
from .judgement import Judgement
from .operation import Operation
from .outbox import OutboxEntry
from .owner import Owner
from .page import Connection, Index
from .promotion import Promotion
from .searches import LoggedSearch, OpenedResult
from .synonym import Synonym
from .tick import Tick
from .verification import Difference, ProvenRange
from .worker import Worker

__all__ = [
    "Connection",
    "Difference",
    "Generation",
    "Index",
    "Judgement",
    "LoadRange",
    "LoggedSearch",
    "OpenedResult",
    "Operation",
    "OutboxEntry",
    "Owner",
    "Promotion",
    "ProvenRange",
    "RefusedDocument",
    "RowCount",
    "Synonym",
    "Tick",
    "Worker",
]
