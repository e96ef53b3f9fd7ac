"""The searches whose results a comparison found to change, as a table."""

from collections.abc import Iterable, Mapping
from typing import Any

from .links import ModelLinks

Keys = list[tuple[str, str, bool]]
Line = tuple[Mapping[str, Any], Keys, Keys, Keys]


def linked(changes: Iterable[Mapping[str, Any]], links: ModelLinks, model: str) -> list[Line]:
    """Return each change with links to the objects that come in, go out and are promoted.

    Args:
        changes: the result of :func:`~django_es_admin.insight.compared.kept`.
        model: the label of the objects' model.
    """

    def line(one: Mapping[str, Any]) -> Line:
        # A preview that was stored by an earlier version has no promotions.
        promoted = one.get("promoted", ())

        def keys(found: Iterable[str]) -> Keys:
            return [(key, links.change(model, key), key in promoted) for key in found]

        moved = {*one["came_in"], *one["went_out"]}
        rest = [key for key in promoted if key not in moved]
        return one, keys(one["came_in"]), keys(one["went_out"]), keys(rest)

    return [line(one) for one in changes]
