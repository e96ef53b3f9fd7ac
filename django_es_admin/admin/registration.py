"""Register the pages with an admin site."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model

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
    """Add the pages to ``site``, at ``elasticsearch/`` below its own URL.

    The default ``admin.site`` already has them; call this for each other site. If a site already
    has them, they are kept, including a project's own ``ModelAdmin``.
    """
    for model in MODELS:
        if not site.is_registered(model):
            site.register(model, _Later)


if TYPE_CHECKING:
    Base = ModelAdmin[Any]
else:
    Base = ModelAdmin


class _Later(Base):
    """The pages of a model, which are imported on first use.

    The admin registers them in every process, but a command or a worker does not need them, and
    importing them takes as long as everything else that a probe does. On first use, the object
    becomes an instance of the real class, so that other packages find what they expect.
    """

    def __init__(self, model: type[Model], site: AdminSite) -> None:
        # Django's own method asks for attributes.
        object.__getattribute__(self, "__dict__").update(model=model, admin_site=site)

    def __getattribute__(self, name: str) -> Any:
        known = object.__getattribute__(self, "__dict__")
        pages = _pages()[known["model"]]
        if name == "__class__":
            # isinstance() does not notice a class that changes during the call.
            return pages
        # If there are two threads, the second one finds the complete class.
        known.update(vars(pages(known["model"], known["admin_site"])))
        object.__setattr__(self, "__class__", pages)
        return getattr(self, name)


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
