"""Check whether a promotion can have an effect."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ...backends.errors import translated, understood
from ...clock import today
from ...conf import get_options
from ...documents.described.places import read_place
from ...exceptions import ElasticsearchAdminError, IndexMissing
from ...indices.definition import IndexDefinition, select_definitions
from ...models import Promotion
from ...outbox.objects.read import objects
from ...search.search_ids import rows_of
from ...search.text.words import read_words
from ..searches import services_of


def check_promotion(promotion: Promotion) -> None:
    """Refuse a promotion that no search would apply.

    Promotions that have ended are not checked, nor whether the index has an object that is left
    out.

    Raises:
        ValidationError: there is no such index, search or object, or the index does not have it.
    """
    if promotion.ends is not None and promotion.ends < today():
        return
    try:
        [definition] = select_definitions([promotion.index], promotion.connection)
    except ElasticsearchAdminError as error:
        raise ValidationError({"index": str(error)}) from error
    names = sorted({service.__name__ for service in services_of(definition)})
    if not names:
        text = _("The site declares no search service for this index.")
        raise ValidationError({"index": text})
    if promotion.search and promotion.search not in names:
        text = _("There is no such search service: the index has %(names)s.")
        raise ValidationError({"search": text % {"names": ", ".join(names)}})
    if not read_words(promotion.words):
        raise ValidationError({"words": _("There is no word to look for.")})
    part = _part_with(definition, promotion.key)
    if part is None:
        text = _("There is no such object, or get_queryset() of the document leaves it out.")
        raise ValidationError({"key": text})
    if promotion.effect == Promotion.Effect.FIRST and not _is_indexed(part, promotion.key):
        text = _("The index does not have this object: reindex it first.")
        raise ValidationError({"key": text})


def _part_with(definition: IndexDefinition, key: str) -> IndexDefinition | None:
    for part in definition.parts:
        assert part.document is not None  # noqa: S101 (it has services)
        if objects(part).filter(rows_of(part.document, [key])).exists():
            return part
    return None


def _is_indexed(part: IndexDefinition, key: str) -> bool:
    connection = part.connection
    client = connection.client.options(request_timeout=get_options().search_timeout)
    try:
        with translated(connection):
            # With a search, because the site's searches find the object regardless of its routing.
            answer = client.count(index=part.alias, query={"ids": {"values": [read_place(key).id]}})
        with understood(connection):
            return int(answer.body["count"]) > 0
    except IndexMissing:
        return False
    except ElasticsearchAdminError as error:
        raise ValidationError({"key": str(error)}) from error
