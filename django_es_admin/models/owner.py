"""Who owns generations."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_id() -> str:
    """Return an id that no other database has."""
    return secrets.token_hex(8)


class Owner(models.Model):
    """The one row that tells this database from all others, a fresh one of the project included."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key = models.CharField(
        _("key"),
        max_length=32,
        default=new_id,
        help_text=_("Written into the mapping of each generation that this database fills."),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("owner")
        verbose_name_plural = _("owners")

    def __str__(self) -> str:
        return self.key
