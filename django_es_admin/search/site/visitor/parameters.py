"""The parameters of a search in a URL: their names and possible values."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from ....exceptions import SearchParameterInvalid

Kind = Literal["text", "whole", "number", "flag", "date"]

# Name in the URL -> argument of `SearchService.search`.
_SHORT = {"q": "query", "sort": "sort_by"}


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Args:
        name: the name in the URL.
        argument: the argument of ``SearchService.search``.
        kind: the type of the value.
        description: a description for people.
        default: the value if the parameter is missing; None for none.
        choices: the values that have an effect; others are ignored.
        several: whether the parameter may be repeated. Then one of the values is enough.
        minimum: the lowest number.
        maximum: the greatest number, or the maximum length of a text.
    """

    name: str
    argument: str
    kind: Kind
    description: str
    default: str | int | None = None
    choices: tuple[str, ...] = ()
    several: bool = False
    minimum: int | None = None
    maximum: int | None = None


def describe(
    *,
    filters: Mapping[str, Kind],
    ranges: Mapping[str, Kind],
    sorts: Sequence[str],
    page_size: int,
    max_page_size: int,
    max_query_length: int,
) -> Iterator[Parameter]:
    """Yield the parameters of a search.

    Args:
        filters: name -> the type of its values.
        ranges: the same for ranges.
        sorts: the names of the orders, the default first.
    """
    yield Parameter("q", "query", "text", _("The words to search for."), maximum=max_query_length)
    for name, kind in filters.items():
        yield Parameter(
            name,
            name,
            kind,
            _("Only results with this value. Repeat the parameter to allow several values."),
            several=True,
        )
    for name, kind in ranges.items():
        for end, text in (("min", _("The lowest value.")), ("max", _("The highest value."))):
            yield Parameter(f"{end}_{name}", f"{end}_{name}", kind, text)
    yield Parameter("sort", "sort_by", "text", _("The order."), sorts[0], tuple(sorts))
    yield Parameter("page", "page", "whole", _("The number of the page."), 1, minimum=1)
    yield Parameter(
        "page_size",
        "page_size",
        "whole",
        _("Results per page; a larger number is reduced to the maximum."),
        page_size,
        minimum=1,
        maximum=max_page_size,
    )
    yield Parameter("after", "after", "text", _("“next” of the page before, in place of “page”."))


def read_parameters(given: Mapping[str, Any], parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the arguments for the parameters of a URL. Other parameters are ignored.

    Args:
        given: a ``QueryDict``, or a mapping of names to values.

    Raises:
        SearchParameterInvalid: a parameter is repeated that may only occur once.
    """
    get = _getter(given)
    arguments: dict[str, Any] = {}
    for parameter in parameters:
        values = get(parameter.name)
        if len(values) > 1 and not parameter.several:
            text = _("“%(name)s” was given more than once.") % {"name": parameter.name}
            raise SearchParameterInvalid(text, parameter.name)
        filled = [value for value in values if value not in (None, "")]
        if filled:
            arguments[parameter.argument] = filled if len(filled) > 1 else filled[0]
    return arguments


def name_in_url(argument: str) -> str:
    """Return the name in a URL for an argument of ``SearchService.search``."""
    return {long: short for short, long in _SHORT.items()}.get(argument, argument)


def _getter(given: Mapping[str, Any]) -> Callable[[str], list[Any]]:
    if isinstance(given, MultiValueDict):
        return given.getlist

    def get(name: str) -> list[Any]:
        value = given.get(name)
        return list(value) if isinstance(value, (list, tuple)) else [value]

    return get
