"""Which indexed models have bulk operations that nobody captures."""

from typing import Any

from django.core.checks import CheckMessage, Tags, register

from ..documents import registry
from ..outbox.capture.querysets import is_captured
from .messages import warning


@register(Tags.models)
def check_bulk(**kwargs: Any) -> list[CheckMessage]:
    """Name each indexed model whose bulk operations are not captured, once."""
    indexed = {d.django.model: None for d in registry.get_documents() if d.django.follows_changes}
    return [
        warning(
            "W070",
            f"{model._meta.label} is indexed, and what update() and bulk_create() of its manager "
            f"change is not captured.",
            "Give it `objects = CapturedManager()` from django_es_admin.outbox, or put "
            "CapturedManagerMixin before the class of its own manager.",
            model,
        )
        for model in indexed
        if not is_captured(model)
    ]
