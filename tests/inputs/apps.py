from django.apps import AppConfig


class InputsConfig(AppConfig):
    """Models as projects have them that went wrong elsewhere."""

    name = "tests.inputs"
    label = "inputs"
    default_auto_field = "django.db.models.BigAutoField"
