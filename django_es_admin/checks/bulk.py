"""Checks of the capture: models whose bulk operations are not captured, impossible triggers."""

from typing import Any

from django.core.checks import CheckMessage, Tags, register
from django.db import router

from ..documents import registry
from ..exceptions import TriggersImpossible
from ..outbox.querysets import is_captured
from ..outbox.triggers.wanted import has_triggers, require_possible
from .messages import error, warning


@register(Tags.models)
def check_bulk(**kwargs: Any) -> list[CheckMessage]:
    """Report each indexed model whose bulk operations are not captured, once."""
    documents = [d for d in registry.get_documents() if not has_triggers(d)]
    indexed = {d.django.model: None for d in documents if d.django.follows_changes}
    return [
        warning(
            "W070",
            f"{model._meta.label} is indexed, but update() and bulk_create() of its manager "
            f"are not captured.",
            "Give it `objects = CapturedManager()` from django_es_admin.outbox, or put "
            "CapturedManagerMixin before the class of its own manager; or let triggers capture it, "
            'with capture = "triggers" in class Django of its document.',
            model,
        )
        for model in indexed
        if not is_captured(model)
    ]


@register(Tags.models)
def check_triggers(**kwargs: Any) -> list[CheckMessage]:
    """Report documents that cannot be captured by triggers."""
    messages: list[CheckMessage] = []
    for document in filter(has_triggers, registry.get_documents()):
        try:
            require_possible(document, router.db_for_write(document.django.model))
        except TriggersImpossible as impossible:
            messages.append(
                error(
                    "E071",
                    f"{document.__name__} cannot be captured by triggers. {impossible}",
                    'Remove capture = "triggers" from its class Django.',
                    document,
                )
            )
    return messages
