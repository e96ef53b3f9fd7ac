"""How cells of a sheet become values of a product.

What cannot be read is an error, never a guess.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from import_export.widgets import (
    BooleanWidget,
    CharWidget,
    DecimalWidget,
    ForeignKeyWidget,
    ManyToManyWidget,
)

from shop.models import Category, Tag
from shop.names import Named, Names, make_category, make_tag


class TextWidget(CharWidget):
    """Text, refused where a database would refuse it.

    Args:
        strip: whether white space around the text is dropped, as the admin's forms do.
    """

    def __init__(self, *, strip: bool = False) -> None:
        super().__init__()
        self.strip = strip

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        """Return the text; raise ValueError for a NUL, which PostgreSQL cannot store."""
        text: str = super().clean(value, row, **kwargs)
        if "\x00" in text:
            raise ValueError(_("The text holds a NUL character."))
        return text.strip() if self.strip else text


class PriceWidget(DecimalWidget):
    """A price with a decimal point."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Decimal | None:
        """Return the price, None for an empty cell; raise ValueError for what is not a number."""
        try:
            price: Decimal | None = super().clean(value, row, **kwargs)
        except InvalidOperation as error:
            raise ValueError(_("“%(value)s” is not a number.") % {"value": value}) from error
        if price is not None and not price.is_finite():
            raise ValueError(_("“%(value)s” is not a number.") % {"value": value})
        return price

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """Return the price as `clean` reads it in every language; the stock text is localised."""
        return "" if value is None else str(value)


class FlagWidget(BooleanWidget):
    """Yes or no; the stock widget reads every word that it does not know as no."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        """Return the flag; raise ValueError for an unknown word and for an empty cell."""
        if value not in (*self.TRUE_VALUES, *self.FALSE_VALUES):
            raise ValueError(_("“%(value)s” is neither 1 nor 0.") % {"value": value or ""})
        return value in self.TRUE_VALUES


class CategoryWidget(ForeignKeyWidget):
    """A category by its name."""

    def __init__(self) -> None:
        super().__init__(Category, field="name")
        self.names = Names(Category, make_category)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Named | None:
        """Return the category, None for an empty cell; raise ValueError if there is none."""
        names = self.split(value)
        return self.names.get(names[0]) if names else None

    def split(self, value: Any) -> list[str]:
        """Return the name in a cell, as a list of one or none."""
        name = str(value or "").strip()
        return [name] if name else []


class TagsWidget(ManyToManyWidget):
    """Tags by their names, separated by semicolons."""

    def __init__(self) -> None:
        super().__init__(Tag, separator=";", field="name")
        self.names = Names(Tag, make_tag)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Named]:
        """Return the tags; raise ValueError for one that does not exist."""
        return [self.names.get(name) for name in self.split(value)]

    def split(self, value: Any) -> list[str]:
        """Return the names in a cell, each once, in their order."""
        names = (name.strip() for name in str(value or "").split(self.separator))
        return list(dict.fromkeys(name for name in names if name))
