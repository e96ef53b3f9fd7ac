from django.apps import AppConfig


class TestAppConfig(AppConfig):
    """An app of the tests alone, with what the shop does not have."""

    name = "tests.testapp"
    label = "testapp"
    default_auto_field = "django.db.models.BigAutoField"
