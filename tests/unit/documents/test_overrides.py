"""What a project's own methods change."""

from django.contrib.sites.managers import CurrentSiteManager
from django.db import models
from django.db.models import QuerySet

from django_es_admin.documents.described.overrides import is_plain
from django_es_admin.outbox import CapturedManager


class Some(models.Manager):
    """Leaves rows out."""

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().filter(pk__gt=0)


class SomeCaptured(Some, CapturedManager):
    """Leaves rows out, and captures bulk operations."""


class CapturedSome(CapturedManager, Some):
    """The same, the other way round."""


class Named(models.Manager.from_queryset(models.QuerySet)):
    """Has no method of its own."""


def test_a_manager_of_all_rows_says_so() -> None:
    for plain in (models.Manager, CapturedManager, Named):
        assert is_plain(plain())
    for other in (Some, SomeCaptured, CapturedSome, CurrentSiteManager):
        assert not is_plain(other())
