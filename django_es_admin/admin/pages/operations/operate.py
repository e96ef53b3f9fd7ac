"""The pages for actions on an index: GET shows the plan, POST carries it out."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import DatabaseError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ....exceptions import (
    ConnectionDoesNotExist,
    ElasticsearchAdminError,
    IndexMissing,
    IndexNotDeclared,
)
from ....indices.definition import IndexDefinition, get_definition
from ....models import Index, Operation
from ....operations.acting import MAX_NOTE, acting
from ....operations.fingerprint import fingerprint
from ....said import Said, said_by
from ....status import snapshot
from ...rights import IndexPages, index_of, through
from ..parts.address import parse_id, quoted_id
from ..parts.format import filled, shown
from ..parts.tool import Tool
from .action import Action
from .actions import BY_NAME
from .tools import tool_for


def operate(
    pages: IndexPages, request: HttpRequest, object_id: str, action: Action
) -> HttpResponse:
    """Show the plan of an action; on POST, carry out the plan that was shown.

    Args:
        pages: the pages of the indices.
        object_id: ``connection:name``.

    Raises:
        PermissionDenied: the user may not view indices, or does not have the right of the action.
        Http404: the project declares no such index, or it has no such generation.
    """
    pages.require_view(request)
    connection, name = parse_id(object_id)
    index = index_of(connection, name)
    if not pages.may(action.right, request, index):
        raise PermissionDenied
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    definition = _find(connection, name)
    asked = request.GET
    try:
        plan = action.plan(definition, asked)
    except IndexMissing as error:
        raise Http404(str(error)) from error
    except (ElasticsearchAdminError, ImproperlyConfigured) as error:
        return _show(pages, request, action, definition, problem=shown(said_by(error)))
    except DatabaseError:
        text = _(
            "The database %(name)s does not answer, so nothing can be planned: try again later."
        )
        silent = filled(text, {"name": definition.database})
        return _show(pages, request, action, definition, problem=silent)
    if request.method != "POST":
        return _show(pages, request, action, definition, plan)
    problem = _find_problem(request, action, plan)
    if problem or find_refusals(pages, request, action, plan):
        return _show(pages, request, action, definition, plan, problem=problem)
    return _carry_out(pages, request, action, plan)


def _find(connection: str, name: str) -> IndexDefinition:
    try:
        return get_definition(name, connection)
    except (ConnectionDoesNotExist, IndexNotDeclared) as error:
        raise Http404(str(error)) from error


def _find_problem(request: HttpRequest, action: Action, plan: Any) -> str:
    """Return why the posted plan must not be carried out; "" if it may."""
    if request.POST.get("fingerprint") != fingerprint(action.name, plan):
        return _(
            "The plan has changed since you opened this page. Nothing was done; check it again."
        )
    typed = action.tell(plan).typed
    if typed and request.POST.get("typed") != typed:
        return _("The name you typed does not match. Nothing was deleted.")
    return ""


def find_refusals(pages: IndexPages, request: HttpRequest, action: Action, plan: Any) -> list[str]:
    """Return why a plan cannot be carried out by this user in the admin; empty if it can."""
    refusals = [*plan.refusals]
    if refusal := action.find_refusal(plan):
        refusals.append(refusal)
    definition: IndexDefinition = plan.definition
    index = index_of(definition.using, definition.name)
    if action.destroys(plan) and not pages.may("delete_index", request, index):
        text = _(
            "This deletes the physical index %(name)s, and you do not have the right to delete "
            "indices."
        )
        refusals.append(Said(text, {"name": definition.alias}))
    return refusals


def _carry_out(pages: IndexPages, request: HttpRequest, action: Action, plan: Any) -> HttpResponse:
    definition: IndexDefinition = plan.definition
    begun, problem = carry_out(pages, request, action, plan)
    if begun is None:
        # It was refused before it started.
        return _show(pages, request, action, definition, plan, problem=problem)
    url = reverse(
        "admin:elasticsearch_operation_change",
        args=[quoted_id(definition.database, str(begun.pk))],
        current_app=pages.admin_site.name,
    )
    return HttpResponseRedirect(url)


def carry_out(
    pages: IndexPages, request: HttpRequest, action: Action, plan: Any
) -> tuple[Operation | None, str]:
    """Carry out a plan for the user of a request; return the operation and the error.

    The operation is None if the plan was refused before it started.
    """
    definition: IndexDefinition = plan.definition
    index = index_of(definition.using, definition.name)
    LogEntry.objects.log_actions(
        str(request.user.pk),
        [index],
        action.flag,
        change_message=f"Began: {action.kind.value}.",
        single_object=True,
    )
    problem = ""
    site, note = through(pages.admin_site), request.POST.get("note", "")
    with acting(request.user.get_username(), through=site, note=note) as actor:
        try:
            action.carry_out(plan)
        except ElasticsearchAdminError as error:
            problem = shown(said_by(error))
    snapshot.forget(definition.connection)
    return (actor.begun[0] if actor.begun else None), problem


def _mend(
    pages: IndexPages, request: HttpRequest, action: Action, index: Index, refusal: str
) -> Tool | None:
    """Return the button that solves a refusal; None if there is no such action."""
    verb = refusal.verb if isinstance(refusal, Said) else ""
    if not verb or verb == action.name or not pages.may(BY_NAME[verb].right, request, index):
        return None
    return tool_for(BY_NAME[verb], pages, index)


def _show(
    pages: IndexPages,
    request: HttpRequest,
    action: Action,
    definition: IndexDefinition,
    plan: Any = None,
    *,
    problem: str = "",
) -> HttpResponse:
    index = index_of(definition.using, definition.name)
    told = action.tell(plan) if plan else None
    refusals = find_refusals(pages, request, action, plan) if plan else []
    context = {
        **pages.admin_site.each_context(request),
        "title": f"{str(action.title).rstrip('…')}: {definition.name}",
        "opts": pages.opts,
        "object_id": quote(index.pk),
        "name": definition.name,
        "connection": definition.connection,
        "action": action,
        "told": told,
        "refusals": [
            (shown(each), _mend(pages, request, action, index, each)) for each in refusals
        ],
        "warnings": [shown(each) for each in getattr(plan, "warnings", ())],
        "differences": getattr(plan, "differences", ()),
        "problem": problem,
        "fingerprint": fingerprint(action.name, plan) if plan else "",
        "note": request.POST.get("note", "")[:MAX_NOTE],
        "max_note": MAX_NOTE,
    }
    request.current_app = pages.admin_site.name
    return TemplateResponse(
        request,
        "admin/elasticsearch/index/plan.html",
        context,
        status=409 if plan and (problem or (refusals and request.method == "POST")) else 200,
    )
