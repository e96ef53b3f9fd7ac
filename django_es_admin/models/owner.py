"""The database that owns the generations it fills."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _


def new_id() -> str:
    """Return an id that no other database has."""
    return secrets.token_hex(8)


class Owner(models.Model):
    """The only row: an id that tells this database from all other databases of the project."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    key = models.CharField(
        _("key"),
        max_length=32,
        default=new_id,
        help_text=_(
            "An identifier that is written into the mapping of each generation that this database "
            "fills."
        ),
    )

    class Meta:
        default_permissions = ()
        verbose_name = _("owner")
        verbose_name_plural = _("owners")

    def __str__(self) -> str:
        return self.key
