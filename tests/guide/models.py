"""The models of two well-known tutorials: a flat product, and one with relations."""

from uuid import uuid4

from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models


class FlatProduct(models.Model):
    name = models.CharField(max_length=255)
    description = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    category = models.CharField(max_length=100)
    brand = models.CharField(max_length=100)
    sku = models.CharField(max_length=50, unique=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Category(models.Model):
    name = models.CharField(max_length=100)
    # Longer than a keyword of Elasticsearch may be, for documents that it refuses; MariaDB has
    # no room for that in an index.
    slug = (
        models.TextField()
        if connection.vendor == "mysql"
        else models.SlugField(max_length=50_000, unique=True)
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    name = models.CharField(max_length=255)
    description = models.TextField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    category = models.ForeignKey(Category, null=True, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag, blank=True)
    is_active = models.BooleanField(default=True)
    photo = models.FileField(blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def shout(self) -> str:
        return self.name.upper()

    def words(self) -> list[str]:
        return self.name.split()


class Review(models.Model):
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="reviews")
    text = models.TextField()
    stars = models.IntegerField()

    def __str__(self) -> str:
        return self.text


class LoudProduct(Product):
    class Meta:
        proxy = True


class Place(models.Model):
    name = models.CharField(max_length=100)
    city = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name


class Restaurant(Place):
    stars = models.IntegerField(default=0)


class Pizzeria(Restaurant):
    class Meta:
        proxy = True


class Ticket(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Kiosk(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4)
    name = models.CharField(max_length=100)
    code = models.CharField(max_length=10, unique=True)

    def __str__(self) -> str:
        return self.name


class Word(models.Model):
    text = models.CharField(max_length=600, primary_key=True)
    code = models.CharField(max_length=10, unique=True)
    synonyms = models.ManyToManyField("self")

    def __str__(self) -> str:
        return self.text


class Phrase(models.Model):
    name = models.CharField(max_length=100)
    words = models.ManyToManyField(Word, through="Use")

    def __str__(self) -> str:
        return self.name


class Use(models.Model):
    """A link that has a key of another column, and something of its own."""

    phrase = models.ForeignKey(Phrase, on_delete=models.CASCADE)
    word = models.ForeignKey(Word, to_field="code", on_delete=models.CASCADE)
    place = models.IntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.word_id} in {self.phrase_id}"


class Memo(models.Model):
    """It sticks to an object of any model."""

    text = models.CharField(max_length=100)
    content_type = models.ForeignKey(ContentType, null=True, on_delete=models.CASCADE)
    object_id = models.PositiveIntegerField(null=True)
    subject = GenericForeignKey()

    def __str__(self) -> str:
        return self.text


class Board(models.Model):
    name = models.CharField(max_length=100)
    memos = GenericRelation(Memo)

    def __str__(self) -> str:
        return self.name


class PublicManager(models.Manager["Badge"]):
    def get_queryset(self) -> models.QuerySet["Badge"]:
        return super().get_queryset().filter(is_public=True)


class Badge(models.Model):
    """Its default manager hides some, and its giver may go."""

    name = models.CharField(max_length=100)
    is_public = models.BooleanField(default=True)
    tickets = models.ManyToManyField(Ticket)
    giver = models.ForeignKey(Category, null=True, on_delete=models.SET_NULL)

    objects = PublicManager()

    def __str__(self) -> str:
        return self.name
