"""One button, wherever it stands."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

READ_ONLY = _("The connection is read-only.")


@dataclass(frozen=True)
class Tool:
    """One button.

    Args:
        url: of the plan; "" where there is none to make.
        why: the reason for that.
    """

    name: str
    title: str | Promise
    url: str
    why: str | Promise = ""
