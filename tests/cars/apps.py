from django.apps import AppConfig


class CarsConfig(AppConfig):
    name = "tests.cars"
    label = "cars"
    default_auto_field = "django.db.models.BigAutoField"
