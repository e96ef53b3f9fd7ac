"""Tags and filters of the templates in ``admin/elasticsearch/``."""

from typing import Any

from django import template
from django.contrib.admin.utils import quote

from ..admin.pages.overview.dashboard import Dashboard, get_dashboard
from ..admin.pages.overview.filtering import Filter
from ..admin.pages.parts import format as formatting
from ..admin.pages.parts import state
from ..admin.pages.parts.address import quoted_id
from ..admin.pages.parts.backlog import tell_backlog
from ..admin.pages.parts.labels import label
from ..admin.pages.parts.refreshing import leave_session
from ..operations.history import OperationStatus
from ..status.status import IndexStatus

register = template.Library()

register.filter("as_id", quote)
register.filter("number", formatting.number)
register.filter("size", formatting.size)
register.filter("latency", formatting.latency)
register.filter("moment", formatting.moment)
register.filter("age", formatting.age)
register.filter("clock", formatting.clock)
register.filter("duration", formatting.duration)
register.filter("percent", formatting.percent)
register.filter("definition", formatting.definition)
register.filter("isolated", formatting.isolated)

register.filter("backlog_line", tell_backlog)
register.filter("connection_label", label)
register.filter("connection_state", state.connection_state)
register.filter("index_state", state.index_state)
register.filter("mapping_state", state.mapping_state)
register.filter("generation_state", state.generation_state)
register.filter("generation_role", state.generation_role)
register.filter("comparison_state", state.comparison_state)
register.filter("as_text", formatting.as_text)
register.filter("verified_state", state.verified_state)
register.filter("operation_state", state.operation_state)
register.filter("operation_title", state.operation_title)
register.filter("operation_name", state.operation_name)
register.filter("problem_text", state.problem_text)
register.filter("step_title", state.step_title)
register.filter("step_state", state.step_state)


@register.filter
def index_id(index: IndexStatus) -> str:
    """Return the id of an index for its address."""
    return quoted_id(index.connection, index.name)


@register.filter
def page_url(chosen: Filter, number: int) -> str:
    """Return the address of another page of indices."""
    return chosen.page_url(number)


@register.filter
def operation_id(operation: OperationStatus) -> str:
    """Return the id of an operation for its address."""
    return quoted_id(operation.using, str(operation.row.pk))


@register.simple_tag(takes_context=True)
def get_elasticsearch_dashboard(context: template.Context) -> Dashboard:
    """Return what the dashboard shows to the user who asks."""
    request: Any = context["request"]
    leave_session(request)
    return get_dashboard(request, context["available_apps"], request.current_app)
