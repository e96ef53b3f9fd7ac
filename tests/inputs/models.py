"""Models as projects have them that went wrong elsewhere."""

import uuid

from django.db import models


class Page(models.Model):
    """Its key is text of any length."""

    path = models.TextField(primary_key=True)
    title = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.title


class Remark(models.Model):
    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="remarks")
    text = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.text


class Show(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Seat(models.Model):
    """Its key is composite, and one column of it leads to what is indexed."""

    pk = models.CompositePrimaryKey("show_id", "number")
    show = models.ForeignKey(Show, on_delete=models.CASCADE, related_name="seats")
    number = models.IntegerField()
    guest = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.guest


class Sample(models.Model):
    """Its key is composite, of columns whose text is not all that they are."""

    pk = models.CompositePrimaryKey("probe", "taken_at", "depth")
    probe = models.UUIDField(default=uuid.uuid4)
    taken_at = models.DateTimeField()
    depth = models.DecimalField(max_digits=6, decimal_places=2)
    show = models.ForeignKey(Show, null=True, on_delete=models.SET_NULL, related_name="samples")
    value = models.FloatField()

    def __str__(self) -> str:
        return str(self.value)
