"""Models of real projects that caused errors in other libraries."""

import uuid

from django.db import connection, models


class Page(models.Model):
    """Its key is text of any length."""

    # Of any length; MariaDB wants to know one, and has room for 3,072 bytes in an index.
    path = (
        models.CharField(max_length=700, primary_key=True)
        if connection.vendor == "mysql"
        else models.TextField(primary_key=True)
    )
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


class Campaign(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Person(models.Model):
    name = models.CharField(max_length=100, blank=True)
    campaigns = models.ManyToManyField(Campaign, related_name="persons", blank=True)

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    title = models.CharField(max_length=100)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="jobs")

    def __str__(self) -> str:
        return self.title


class Passport(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE)
    number = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.number


class KeptManager(models.Manager["Thing"]):
    def get_queryset(self) -> models.QuerySet["Thing"]:
        return super().get_queryset().filter(deleted_at=None)


class Thing(models.Model):
    """It has a column of each kind, may have none of its values, and is never really deleted."""

    class Mood(models.TextChoices):
        GOOD = "g", "Good"
        BAD = "b", "Bad"

    number = models.IntegerField(null=True)
    big = models.BigIntegerField(null=True)
    price = models.DecimalField(null=True, max_digits=20, decimal_places=6)
    ratio = models.FloatField(null=True)
    text = models.TextField(null=True)
    slug = models.SlugField(null=True)
    mood = models.CharField(max_length=1, null=True, choices=Mood.choices)
    flag = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    hour = models.TimeField(null=True)
    span = models.DurationField(null=True)
    code = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    link = models.URLField(null=True, max_length=2_000)
    data = models.JSONField(null=True)
    blob = models.BinaryField(null=True)
    file = models.FileField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True)

    objects = KeptManager()

    def __str__(self) -> str:
        return str(self.pk)

    def items(self) -> list[str]:
        return ["a", "b"]
