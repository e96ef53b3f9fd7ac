"""One button, on any page."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

READ_ONLY = _("The connection is read-only.")


@dataclass(frozen=True)
class Tool:
    """One button.

    Args:
        url: the URL of the plan; "" if there is no plan.
        why: why there is no plan.
    """

    name: str
    title: str | Promise
    url: str
    why: str | Promise = ""
