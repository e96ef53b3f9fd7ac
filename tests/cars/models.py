"""What documents of django-elasticsearch-dsl are made of; each test declares its own."""

from django.db import models
from django.utils.translation import gettext_lazy as _

COUNTRIES = {"FR": "France", "ES": "Spain"}


class Manufacturer(models.Model):
    name = models.CharField(max_length=100, default=_("unknown"))
    country_code = models.CharField(max_length=2)
    founded = models.DateField(null=True)
    logo = models.FileField(blank=True)

    def __str__(self) -> str:
        return self.name

    def country(self) -> str:
        return COUNTRIES.get(self.country_code, self.country_code)


class Category(models.Model):
    title = models.CharField(max_length=100)
    slug = models.SlugField()
    icon = models.FileField(blank=True)

    def __str__(self) -> str:
        return self.title


class Car(models.Model):
    name = models.CharField(max_length=100)
    launched = models.DateField(null=True)
    price = models.FloatField(null=True)
    kind = models.CharField(max_length=2, default="se")
    is_sold = models.BooleanField(default=False)
    manufacturer = models.ForeignKey(Manufacturer, null=True, on_delete=models.SET_NULL)
    categories = models.ManyToManyField(Category)

    def __str__(self) -> str:
        return self.name

    def shout(self) -> str:
        return self.name.upper()


class Ad(models.Model):
    title = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    car = models.ForeignKey(Car, null=True, related_name="ads", on_delete=models.SET_NULL)

    def __str__(self) -> str:
        return self.title


class Article(models.Model):
    slug = models.SlugField(unique=True)
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.slug


class Question(models.Model):
    text = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.text


class Answer(models.Model):
    text = models.CharField(max_length=200)
    question = models.ForeignKey(Question, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.text


class Passage(models.Model):
    """A part of an article, with its place in a space of meanings."""

    article = models.ForeignKey(Article, related_name="passages", on_delete=models.CASCADE)
    text = models.TextField()
    embedding = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.text
