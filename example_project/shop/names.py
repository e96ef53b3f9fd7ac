"""Categories and tags by their names, looked up in memory."""

from collections.abc import Callable, Iterable

from django.utils.text import slugify
from django.utils.translation import gettext as _

from shop.models import Category, Tag

Named = Category | Tag


class Names:
    """What is known of one model's names while a sheet is imported.

    The stock widgets of django-import-export ask the database once per row; this asks once for
    each part of a sheet. What was created for the part before may be gone: a preview undoes it.

    Args:
        model: Category or Tag.
        make: makes an unsaved object of that name, given the objects known so far.
    """

    def __init__(self, model: type[Named], make: Callable[[str, Iterable[Named]], Named]) -> None:
        self.model = model
        self.make = make
        self._known: dict[str, Named] | None = None
        self._ambiguous: set[str] = set()

    def learn(self, names: Iterable[str], *, create: bool) -> int:
        """Look the names up.

        Args:
            names: as in the sheet.
            create: whether to create those that are missing. One that is too long is not, and
                `get` says so.

        Returns:
            How many were created.
        """
        known = self._read()
        new: list[Named] = []
        for name in sorted(set(names) - known.keys()) if create else ():
            if len(name) <= self._longest:
                new.append(self.make(name, [*known.values(), *new]))
        self.model._default_manager.bulk_create(new)
        self._known = known | {item.name: item for item in new}
        return len(new)

    def get(self, name: str) -> Named:
        """Return the object of that name.

        Raises:
            ValueError: there is none, or there are several.
        """
        context = {"kind": self.model._meta.verbose_name, "name": name[: self._longest]}
        if name in self._ambiguous:
            raise ValueError(_("%(kind)s: several are called “%(name)s”.") % context)
        if self._known is not None and name in self._known:
            return self._known[name]
        if len(name) > self._longest:
            context["length"] = self._longest
            raise ValueError(
                _("%(kind)s: “%(name)s…” is longer than %(length)d characters.") % context
            )
        raise ValueError(_("%(kind)s: there is no “%(name)s”.") % context)

    @property
    def _longest(self) -> int:
        return self.model._meta.get_field("name").max_length

    def _read(self) -> dict[str, Named]:
        known: dict[str, Named] = {}
        self._ambiguous = set()
        for item in self.model._default_manager.order_by("pk"):
            if item.name in known:
                self._ambiguous.add(item.name)
            known[item.name] = item
        return known


def make_tag(name: str, known: Iterable[Named]) -> Tag:
    """Return an unsaved tag."""
    return Tag(name=name)


def make_category(name: str, known: Iterable[Named]) -> Category:
    """Return an unsaved category; C and C++ get different slugs."""
    taken = {category.slug for category in known if isinstance(category, Category)}
    stem = slugify(name)[:90] or "category"
    slug, number = stem, 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return Category(name=name, slug=slug)
