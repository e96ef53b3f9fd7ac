"""Tags and filters of the templates in ``admin/elasticsearch/``."""

from typing import Any

from django import template

from ..admin.pages import format as formatting
from ..admin.pages import state
from ..admin.pages.address import quoted_id
from ..admin.pages.dashboard import Dashboard, get_dashboard
from ..lifecycle.status import IndexStatus

register = template.Library()

register.filter("number", formatting.number)
register.filter("size", formatting.size)
register.filter("latency", formatting.latency)
register.filter("moment", formatting.moment)
register.filter("definition", formatting.definition)

register.filter("connection_state", state.connection_state)
register.filter("index_state", state.index_state)
register.filter("mapping_state", state.mapping_state)
register.filter("generation_state", state.generation_state)
register.filter("generation_role", state.generation_role)


@register.filter
def index_id(index: IndexStatus) -> str:
    """Return the id of an index for its address."""
    return quoted_id(index.connection, index.name)


@register.simple_tag(takes_context=True)
def get_elasticsearch_dashboard(context: template.Context) -> Dashboard:
    """Return what the dashboard shows to the user who asks."""
    request: Any = context["request"]
    return get_dashboard(request, context["available_apps"], request.current_app)
