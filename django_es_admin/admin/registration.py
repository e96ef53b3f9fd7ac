"""Put the pages on an admin site."""

from typing import Any, cast

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model
from django.utils.functional import SimpleLazyObject

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

MODELS: tuple[type[Model], ...] = (
    Connection,
    Index,
    Operation,
    OutboxEntry,
    LoggedSearch,
    Judgement,
    Synonym,
    Promotion,
)


def register(site: AdminSite) -> None:
    """Add the pages to ``site``, at ``elasticsearch/`` below its own address.

    The stock ``admin.site`` has them already; call this for each further site. A site that has
    them keeps what it has, a ``ModelAdmin`` of the project's own included.
    """
    for model in MODELS:
        if not site.is_registered(model):
            # It is only called, with a model and the site.
            site.register(model, cast("type[ModelAdmin[Any]]", _later))


def _later(model: type[Model], site: AdminSite) -> Any:
    """Return the pages of a model, which are imported when somebody first asks them anything.

    The admin registers them in every process, and a command or a worker has no use for them: to
    import them takes as long as all else that a probe does.
    """
    return SimpleLazyObject(lambda: _pages()[model](model, site))


def _pages() -> "dict[type[Model], type[ModelAdmin[Any]]]":
    from .pages.index import IndexAdmin  # noqa: PLC0415 (see _later)
    from .pages.judgements import JudgementAdmin  # noqa: PLC0415
    from .pages.operations.operation import OperationAdmin  # noqa: PLC0415
    from .pages.outbox import OutboxAdmin  # noqa: PLC0415
    from .pages.overview.connection import ConnectionAdmin  # noqa: PLC0415
    from .pages.promotions import PromotionAdmin  # noqa: PLC0415
    from .pages.searches import SearchesAdmin  # noqa: PLC0415
    from .pages.synonyms import SynonymAdmin  # noqa: PLC0415

    return {
        Connection: ConnectionAdmin,
        Index: IndexAdmin,
        Operation: OperationAdmin,
        OutboxEntry: OutboxAdmin,
        LoggedSearch: SearchesAdmin,
        Judgement: JudgementAdmin,
        Synonym: SynonymAdmin,
        Promotion: PromotionAdmin,
    }
