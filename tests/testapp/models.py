"""What the shop does not have: UUID keys, a proxy, tenants."""

import uuid

from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Label(models.Model):
    word = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.word


class Note(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField("headline", max_length=200)
    body = models.TextField(blank=True)
    code = models.CharField(max_length=50, blank=True)
    tenant = models.CharField(max_length=20, default="ours")
    kind = models.CharField(max_length=10, choices=[("plain", "Plain"), ("odd", "Odd")])
    stars = models.IntegerField(default=0)
    written = models.DateField(default="2026-11-21")
    shelf = models.ForeignKey(Shelf, null=True, blank=True, on_delete=models.SET_NULL)
    labels = models.ManyToManyField(Label, blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title

    @property
    def shout(self) -> str:
        return self.title.upper()


class StarredManager(models.Manager):
    def get_queryset(self) -> models.QuerySet[Note]:
        return super().get_queryset().filter(stars__gte=5)


class StarredNote(Note):
    objects = StarredManager()

    class Meta:
        proxy = True


class Reply(models.Model):
    note = models.ForeignKey(Note, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"Reply to {self.note}"
