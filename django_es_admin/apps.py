"""Connect the parts of the app."""

import sys

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class ElasticsearchAdminConfig(AppConfig):
    """The app. Its label makes the URL /admin/elasticsearch/."""

    name = "django_es_admin"
    label = "elasticsearch"
    verbose_name = _("Elasticsearch")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import each app's ``documents`` module, and the system checks."""
        from . import checks  # noqa: F401 (registers them)
        from .backends import dsl
        from .insight.judgements import search_judge as gate
        from .insight.log import note
        from .lifecycle import rules_saved
        from .outbox.capture import signals
        from .outbox.rows import tables
        from .outbox.triggers import install
        from .search.site import promotions

        dsl.connect()
        autodiscover_modules("documents")
        signals.connect()
        tables.connect(self)
        note.connect()
        gate.connect()
        rules_saved.connect()
        promotions.connect()
        install.connect(self)
        if f"{self.name}.dsl.registries" in sys.modules:
            # Only for projects that use the names of django-elasticsearch-dsl.
            from .dsl import checks as _dsl_checks  # noqa: F401 (registers them)
