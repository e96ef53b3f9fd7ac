"""Put the pages on an admin site."""

from django.contrib.admin import AdminSite

from ..models import (
    Connection,
    Index,
    Judgement,
    LoggedSearch,
    Operation,
    OutboxEntry,
    Promotion,
    Synonym,
)
from .pages.index import IndexAdmin
from .pages.judgements import JudgementAdmin
from .pages.operations.operation import OperationAdmin
from .pages.outbox import OutboxAdmin
from .pages.overview.connection import ConnectionAdmin
from .pages.promotions import PromotionAdmin
from .pages.searches import SearchesAdmin
from .pages.synonyms import SynonymAdmin

PAGES = (
    (Connection, ConnectionAdmin),
    (Index, IndexAdmin),
    (Operation, OperationAdmin),
    (OutboxEntry, OutboxAdmin),
    (LoggedSearch, SearchesAdmin),
    (Judgement, JudgementAdmin),
    (Synonym, SynonymAdmin),
    (Promotion, PromotionAdmin),
)


def register(site: AdminSite) -> None:
    """Add the pages to ``site``, at ``elasticsearch/`` below its own address.

    The stock ``admin.site`` has them already; call this for each further site. A site that has
    them keeps what it has, a ``ModelAdmin`` of the project's own included.
    """
    for model, model_admin in PAGES:
        if not site.is_registered(model):
            site.register(model, model_admin)
