"""The page about the disk space of a cluster, and what can be deleted to free it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from django.contrib.admin import AdminSite
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .... import connections
from ....exceptions import ElasticsearchAdminError
from ....indices.definition import get_definitions
from ....lifecycle.space import SpacePlan, free_space, plan_space
from ....models import Connection, Generation
from ....operations.acting import acting
from ....said import said_by, together
from ....status import snapshot
from ....status.space import NodeDisk, Occupant, Space, read_space
from ...rights import IndexPages, index_admin, index_of, through
from ..parts.format import filled, shown
from ..parts.links import model_links
from ..parts.tool import READ_ONLY

_WHY: Mapping[str, str | Promise] = {
    "live": gettext_lazy("is searched"),
    Generation.Role.BUILDING: gettext_lazy("is being built, or waits for its swap"),
    Generation.Role.STANDBY: gettext_lazy("is what a rollback goes back to"),
    Generation.Role.RETIRED: gettext_lazy("it is not searched, and nothing is written to it"),
    Generation.Role.FAILED: gettext_lazy("its build failed"),
    "": gettext_lazy("it is not registered: it may belong to another project"),
}

MEANINGS: Mapping[str, str | Promise] = {
    "low": gettext_lazy("no new replica is put on a node whose disk is fuller"),
    "high": gettext_lazy("shards are moved away from a node whose disk is fuller"),
    "flood_stage": gettext_lazy(
        "each index on a node whose disk is fuller is made read-only: changes wait in the outbox, "
        "and nothing is lost"
    ),
}

BLOCKS: Mapping[str, str | Promise] = {
    "read_only_allow_delete": gettext_lazy(
        "a disk was too full. Elasticsearch removes the block by itself when there is room again"
    ),
    "read_only": gettext_lazy("somebody set it to read-only, and has to remove the block"),
    "write": gettext_lazy("somebody blocked writes, and has to remove the block"),
}


@dataclass(frozen=True)
class OccupantRow:
    """One line of the table.

    Args:
        goes: whether the button deletes the index.
        why: why it is deleted or kept.
        index_id: the id of its page; "" if the project does not declare it.
        block: what its block means; "" without a block.
    """

    occupant: Occupant
    goes: bool
    why: str | Promise
    index_id: str
    block: str | Promise


def space_view(site: AdminSite, request: HttpRequest, alias: str) -> HttpResponse:
    """Show what uses space; on POST, delete generations that are no longer needed.

    Raises:
        PermissionDenied: the user may not view indices, or may not delete them (on POST).
        Http404: there is no such connection.
    """
    pages = index_admin(site)
    pages.require_view(request)
    if alias not in connections:
        raise Http404(f"There is no connection {alias!r}.")
    may_delete = pages.has_delete_index_permission(request)
    builds = "builds" in request.GET
    if request.method == "POST" and not may_delete:
        raise PermissionDenied
    # A connection that does not answer in time is not asked for a plan.
    space, plan, problem = read_space(alias), None, ""
    try:
        plan = None if space.error else plan_space(alias, builds=builds)
    except ElasticsearchAdminError as error:
        space = Space(error=str(error))
    if plan and request.method == "POST" and not problem:
        problem = _find_problem(request, pages, plan)
        if not problem:
            return _free(site, pages, request, plan)
    context = site.each_context(request)
    links = model_links(context["available_apps"], site.name)
    context |= {
        "title": _("Space"),
        "opts": Connection._meta,
        "connection": connections[alias],
        "space": space,
        "rows": [_row(alias, each, plan) for each in space.occupants],
        "nodes": [(node, _reached(node, space)) for node in space.nodes],
        "watermarks": [(name, value, MEANINGS[name]) for name, value in space.watermarks],
        "plan": plan,
        "typed": typed_for(alias),
        "fingerprint": _fingerprint(plan) if plan else "",
        "may_delete": may_delete,
        "read_only": READ_ONLY if connections[alias].readonly else "",
        "problem": problem if plan else "",
        "builds": builds,
        "slow_urls": [
            (each.name, url)
            for each in get_definitions(alias)
            if each.document and (url := links.slow_searches(alias, each.name))
        ],
    }
    request.current_app = site.name
    status = 409 if plan and problem else 200
    template = "admin/elasticsearch/connection/space.html"
    return TemplateResponse(request, template, context, status=status)


def typed_for(alias: str) -> str:
    """Return what must be typed before anything on a connection is deleted."""
    return alias


def _row(alias: str, occupant: Occupant, plan: SpacePlan | None) -> OccupantRow:
    goes = plan is not None and occupant.name in plan.found
    return OccupantRow(
        occupant,
        goes,
        _WHY.get(occupant.role, ""),
        quote(index_of(alias, occupant.index).pk) if occupant.index else "",
        BLOCKS.get(occupant.block, ""),
    )


def _reached(node: NodeDisk, space: Space) -> str:
    """Return the highest watermark that a node has exceeded; "" for none."""
    reached = ""
    for name, value in space.watermarks:
        # A watermark in bytes refers to the free space.
        share = value.removesuffix("%")
        if value.endswith("%") and share.replace(".", "", 1).isdecimal():
            reached = name if node.share * 100 >= float(share) else reached
    return reached


def _fingerprint(plan: SpacePlan) -> str:
    return sha256(repr(sorted(plan.found)).encode()).hexdigest()[:16]


def _find_problem(request: HttpRequest, pages: IndexPages, plan: SpacePlan) -> str:
    if request.POST.get("fingerprint") != _fingerprint(plan):
        return _(
            "The plan has changed since you opened this page. Nothing was done; check it again."
        )
    if request.POST.get("typed") != typed_for(plan.connection):
        return _("The name you typed does not match. Nothing was deleted.")
    for each in plan.prunes:
        index = index_of(each.definition.using, each.definition.name)
        if not pages.has_delete_index_permission(request, index):
            raise PermissionDenied
    return shown(together(plan.refusals))


def _free(
    site: AdminSite, pages: IndexPages, request: HttpRequest, plan: SpacePlan
) -> HttpResponse:
    for each in plan.prunes:
        LogEntry.objects.log_actions(
            str(request.user.pk),
            [index_of(each.definition.using, each.definition.name)],
            DELETION,
            change_message="Began: prune.",
            single_object=True,
        )
    with acting(request.user.get_username(), through=through(site)):
        try:
            results = free_space(plan)
        except ElasticsearchAdminError as error:
            pages.message_user(request, shown(said_by(error)), "ERROR")
        else:
            names = ", ".join(name for result in results for name in result.deleted)
            pages.message_user(request, filled(_("Deleted: %(names)s."), {"names": names or "—"}))
    snapshot.forget(connections[plan.connection])
    return HttpResponseRedirect(request.path)
