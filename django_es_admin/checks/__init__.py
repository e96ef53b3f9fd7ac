"""System checks: problems in settings and documents, each with an id and a hint.

Nothing here asks Elasticsearch. docs/checks.md lists the checks.
"""

from .bulk import check_bulk, check_triggers
from .documents import check_documents
from .leftovers import check_leftovers
from .messages import TAG
from .services import check_services
from .settings import check_passwords, check_prefixes, check_settings

__all__ = [
    "TAG",
    "check_bulk",
    "check_documents",
    "check_leftovers",
    "check_passwords",
    "check_prefixes",
    "check_services",
    "check_settings",
    "check_triggers",
]
