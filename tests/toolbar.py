"""The tests' settings with django-debug-toolbar, added as in docs/site-search.md."""

from debug_toolbar.settings import PANELS_DEFAULTS

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS as APPS
from tests.settings import MIDDLEWARE as STACK

DEBUG = True
INSTALLED_APPS = [*APPS, "debug_toolbar", "elastic_panel"]
MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware", *STACK]
DEBUG_TOOLBAR_PANELS = [*PANELS_DEFAULTS, "elastic_panel.panel.ElasticDebugPanel"]
DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True}
ROOT_URLCONF = "tests.toolbar_urls"
