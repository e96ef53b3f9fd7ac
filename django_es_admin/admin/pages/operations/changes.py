"""The searches that a comparison found to change, as a table of a page."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..links import ModelLinks

Keys = list[tuple[str, str]]
Line = tuple[Mapping[str, Any], Keys, Keys]


def linked(changes: Iterable[Mapping[str, Any]], links: ModelLinks, model: str) -> list[Line]:
    """Return each change with the pages of the objects that come in and go out.

    Args:
        changes: as :func:`~django_es_admin.insight.compared.kept` has them.
        model: their label.
    """

    def keys(found: Iterable[str]) -> Keys:
        return [(key, links.change(model, key)) for key in found]

    return [(one, keys(one["came_in"]), keys(one["went_out"])) for one in changes]
