"""Models of the kinds that projects have, whose documents could differ by who reads them."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django.db import connection, models
from django.db.models.functions import Concat, Length, Upper
from django.db.models.signals import m2m_changed
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Artist(models.Model):
    """It looks like a list that is empty, and like a function."""

    name = models.CharField(max_length=100)
    patron = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __call__(self) -> None:
        raise TypeError


class Genre(models.Model):
    name = models.CharField(max_length=100)
    rank = models.IntegerField(default=0)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["-rank"]

    def __str__(self) -> str:
        return self.name


class Album(models.Model):
    class Kind(models.TextChoices):
        YES = "y", _("Yes")
        NO = "n", _("No")

    title = models.CharField(max_length=100)
    kind = models.CharField(max_length=1, choices=Kind, default=Kind.YES)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=1)
    quantity = models.IntegerField(default=1)
    total = models.GeneratedField(
        expression=models.F("price") * models.F("quantity"),
        output_field=models.DecimalField(max_digits=12, decimal_places=2),
        db_persist=True,
    )
    size = models.GeneratedField(
        expression=models.Case(
            models.When(quantity__gt=10, then=models.Value("large")), default=Upper("title")
        ),
        output_field=models.CharField(max_length=100),
        db_persist=True,
    )
    released = models.DateTimeField(default=timezone.now)
    artist = models.ForeignKey(Artist, null=True, on_delete=models.CASCADE)
    # What it refers to may be gone: nobody checks.
    seller = models.ForeignKey(
        Artist, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", default=0
    )
    genres = models.ManyToManyField(Genre)

    def __str__(self) -> str:
        return self.title

    @property
    def release_text(self) -> str:
        return f"{timezone.localtime(self.released):%Y-%m-%d %H:%M}"

    @property
    def labels(self) -> dict[str, Any]:
        return {"kind": [self.Kind.YES.label, (_("No"),)], "language": get_language()}

    @property
    def people(self) -> list[Artist]:
        first = self.artist
        return [] if first is None else [one for one in (first, first.patron) if one is not None]


class Track(models.Model):
    album = models.ForeignKey(Album, related_name="tracks", on_delete=models.CASCADE)
    title = models.CharField(max_length=100)
    number = models.IntegerField(default=0)
    characters = models.GeneratedField(
        expression=Length("title"), output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return self.title


class Prize(models.Model):
    album = models.ForeignKey(Album, related_name="prizes", on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    giver = models.ForeignKey(Artist, null=True, on_delete=models.CASCADE)
    year = models.IntegerField(null=True)

    class Meta:
        ordering = ["giver", models.F("year").desc(nulls_last=True)]

    def __str__(self) -> str:
        return self.name


class ByName(models.Manager["Cover"]):
    def get_queryset(self) -> "models.QuerySet[Cover]":
        return super().get_queryset().order_by("-name")


class Cover(models.Model):
    album = models.ForeignKey(Album, related_name="covers", on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    is_public = models.BooleanField(default=True)

    objects = ByName()

    def __str__(self) -> str:
        return self.name


class LoudTitles(models.Model):
    """Instances do not have what their rows have."""

    title = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.title

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "LoudTitles":
        instance = super().from_db(*args, **kwargs)
        instance.title = instance.title.upper()
        return instance


class Amount(models.Model):
    value = models.DecimalField(max_digits=8, decimal_places=2, primary_key=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Moment(models.Model):
    at = models.DateTimeField(primary_key=True)
    name = models.CharField(max_length=100)
    amounts = models.ManyToManyField(Amount)

    def __str__(self) -> str:
        return self.name


class Alias(models.Model):
    """Its key is the same in capitals: the tests make the table, as not every database has it."""

    name = models.CharField(
        max_length=100,
        primary_key=True,
        db_collation={"sqlite": "NOCASE", "mysql": "utf8mb4_general_ci"}.get(
            connection.vendor, "rows_nocase"
        ),
    )
    meaning = models.CharField(max_length=100)

    class Meta:
        managed = False
        db_table = "rows_alias"

    def __str__(self) -> str:
        return self.name


class Poster(models.Model):
    """Its texts are stored after itself, as translations are by packages for that."""

    title = models.CharField(max_length=100)
    words = models.IntegerField(default=0)

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> str:
        super().save(*args, **kwargs)
        getattr(self, "between", int)()
        for language, text in getattr(self, "texts", {}).items():
            self.translations.update_or_create(language=language, defaults={"text": text})
        type(self).objects.filter(pk=self.pk).update(words=self.translations.count())
        if self.title == "broken":
            raise ValueError(self.title)
        return "saved"

    @property
    def text(self) -> str:
        return self.translations.get(language=get_language()).text


class HastyPoster(Poster):
    """It writes more after its ``asave()``."""

    class Meta:
        proxy = True

    async def asave(self, *args: Any, **kwargs: Any) -> None:
        await super().asave(*args, **kwargs)
        texts = PosterText.objects.filter(poster_id=self.pk, language="en")
        await texts.aupdate(text="late")


class PosterText(models.Model):
    poster = models.ForeignKey(Poster, related_name="translations", on_delete=models.CASCADE)
    language = models.CharField(max_length=10)
    text = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.text


class FramedPoster(Poster):
    """A child of its own table, that writes more after that."""

    frame = models.CharField(max_length=100, default="none")

    def save(self, *args: Any, **kwargs: Any) -> str:
        result = super().save(*args, **kwargs)
        type(self).objects.filter(pk=self.pk).update(frame="gold")
        return result


class Sticker(models.Model):
    word = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.word


class Trunk(models.Model):
    """It changes its stickers as some packages do: with the signals, and not in a transaction."""

    name = models.CharField(max_length=100)
    stickers = models.ManyToManyField(Sticker)

    def __str__(self) -> str:
        return self.name

    @property
    def words(self) -> list[str]:
        return sorted(sticker.word for sticker in self.stickers.all())

    def stick(self, *stickers: Sticker) -> None:
        links = self.stickers.through.objects
        self._tell("pre_add", stickers)
        for sticker in stickers:
            links.get_or_create(trunk=self, sticker=sticker)
        self._tell("post_add", stickers)

    def peel(self, *stickers: Sticker) -> None:
        self._tell("pre_remove", stickers)
        self.stickers.through.objects.filter(trunk=self, sticker__in=stickers).delete()
        self._tell("post_remove", stickers)

    def strip(self) -> None:
        self._tell("pre_clear")
        self.stickers.through.objects.filter(trunk=self).delete()
        self._tell("post_clear")

    def _tell(self, action: str, stickers: "tuple[Sticker, ...] | None" = None) -> None:
        m2m_changed.send(
            sender=self.stickers.through,
            action=action,
            instance=self,
            reverse=False,
            model=Sticker,
            pk_set=None if stickers is None else {sticker.pk for sticker in stickers},
            using="default",
        )


class Badge(models.Model):
    """Its names in the database are no plain words."""

    id = models.CharField(max_length=50, primary_key=True, db_column="the Key")
    name = models.CharField(max_length=50, db_column="SELECT")

    class Meta:
        db_table = "Badges of \u00fcber TABLE"

    def __str__(self) -> str:
        return self.name


class Club(models.Model):
    """So are these, and what a badge is to it."""

    key = models.UUIDField(primary_key=True, default=uuid4, db_column="Uuid")
    name = models.CharField(max_length=50, db_column="it's")
    both = models.GeneratedField(
        expression=Concat("name", models.Value("!")),
        output_field=models.CharField(max_length=60),
        db_persist=True,
        db_column="FROM where",
    )
    badge = models.ForeignKey(
        Badge, null=True, on_delete=models.SET_NULL, db_column="badge of", related_name="clubs"
    )
    badges = models.ManyToManyField(Badge, through="Wearing", related_name="wearers")

    class Meta:
        db_table = "ORDER by"

    def __str__(self) -> str:
        return self.name


class Wearing(models.Model):
    club = models.ForeignKey(Club, on_delete=models.CASCADE, db_column="Club")
    badge = models.ForeignKey(Badge, on_delete=models.CASCADE, db_column="Badge")
    since = models.IntegerField(default=0)

    class Meta:
        db_table = "group"

    def __str__(self) -> str:
        return f"{self.club} {self.badge}"


class Specimen(models.Model):
    """A column of each type that PostgreSQL writes as JSON, and some that it does not."""

    letters = models.CharField(max_length=100, null=True)  # noqa: DJ001 (of this kind)
    text = models.TextField(null=True)  # noqa: DJ001 (of this kind)
    flag = models.BooleanField(null=True)
    small = models.SmallIntegerField(null=True)
    number = models.IntegerField(null=True)
    big = models.BigIntegerField(null=True)
    real = models.FloatField(null=True)
    exact = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    fine = models.DecimalField(max_digits=40, decimal_places=20, null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    hour = models.TimeField(null=True)
    identifier = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)
    kin = models.ForeignKey("self", null=True, on_delete=models.SET_NULL)
    data = models.JSONField(null=True)
    span = models.DurationField(null=True)
    raw = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.letters)


class Splinter(models.Model):
    specimen = models.ForeignKey(Specimen, related_name="splinters", on_delete=models.CASCADE)
    letters = models.CharField(max_length=100, null=True)  # noqa: DJ001 (of this kind)
    exact = models.DecimalField(max_digits=10, decimal_places=2, null=True)

    class Meta:
        ordering = ["-letters"]

    def __str__(self) -> str:
        return str(self.letters)


class Reading(models.Model):
    """Its table is whatever a test makes: partitioned, inherited from, or a view."""

    name = models.CharField(max_length=50)
    day = models.IntegerField(default=0)

    class Meta:
        managed = False
        db_table = "rows_Reading"

    def __str__(self) -> str:
        return self.name


class Elsewhere(models.Model):
    """Its table is in another schema of PostgreSQL, which no search path has."""

    name = models.CharField(max_length=50)
    day = models.IntegerField(default=0)

    class Meta:
        managed = False
        db_table = '"Else where"."Table"'

    def __str__(self) -> str:
        return self.name


class Land(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Town(Land):
    """What it inherits from is found by another column than its key."""

    land = models.OneToOneField(Land, parent_link=True, on_delete=models.CASCADE)
    code = models.CharField(max_length=10, primary_key=True)
    mayor = models.CharField(max_length=50)


class Capital(Town):
    palace = models.CharField(max_length=50)


class Stamp(models.Model):
    """Rows of the same code, or the same side of a place, replace each other."""

    name = models.CharField(max_length=50)
    code = models.CharField(max_length=10, unique=True)
    place = models.IntegerField(default=0)
    side = models.CharField(max_length=10)
    size = models.FloatField(default=0)
    land = models.ForeignKey(Land, null=True, on_delete=models.SET_NULL, related_name="stamps")

    class Meta:
        unique_together = [("place", "side")]

    def __str__(self) -> str:
        return self.name


class Long(models.Model):
    """Its names are as long as a database takes them, and of signs that mean something."""

    name = models.CharField(max_length=50, db_column="a" * 59 + "NAME")
    likes = models.ManyToManyField("self", symmetrical=False, related_name="liked_by")
    friends = models.ManyToManyField("self")

    class Meta:
        db_table = "Rows;_of_many_(curly)_{letters},_--_and_of_some_more_of_them!!!"

    def __str__(self) -> str:
        return self.name
