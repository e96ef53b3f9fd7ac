"""A problem of an index as a value: what is wrong, how bad it is, and what solves it.

A page shows the text and a button. A command shows the text and a command line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

Level = Literal["error", "warning"]
"""``error``: searches miss something, or fail. ``warning``: they will, or may."""

Verb = Literal[
    "create", "rebuild", "swap", "drain", "complete", "prune", "delete_generation", "synonyms"
]
"""The names of the actions that solve problems, as in :mod:`django_es_admin.lifecycle`."""

Obstacle = Literal["", "read-only", "rebuild"]
"""Why a problem cannot be solved now: the connection is read-only, or a rebuild is running."""

_COMMANDS: Mapping[Verb, str] = {
    "create": "es_create",
    "rebuild": "es_rebuild",
    "swap": "es_swap_alias",
    "drain": "es_drain",
    "complete": "es_verify",
    "prune": "es_prune",
    "delete_generation": "es_delete",
    "synonyms": "es_synonyms",
}
"""The command of each verb."""

TEXTS: Mapping[str, str | Promise] = {
    "missing": gettext_lazy("The index is missing"),
    "write-alias": gettext_lazy(
        "%(name)s has lost its write alias, so nothing can be written to it. The next drain "
        "restores the alias"
    ),
    "write-block": gettext_lazy(
        "%(name)s refuses all writes, because a rebuild that had blocked them was killed. "
        "`manage.py es_cancel %(index)s` or the next rebuild removes the block"
    ),
    "blocked-metadata": gettext_lazy(
        "%(name)s has a metadata block, so its size and the properties of its aliases are unknown, "
        "and nobody can change or delete it. `%(request)s` removes the block"
    ),
    "blocked-read": gettext_lazy(
        "%(name)s has a read block, so nobody can search it or count its documents. `%(request)s` "
        "removes the block"
    ),
    "blocked-write": gettext_lazy(
        "%(name)s has a write block, so no change is written to it. `%(request)s` removes the block"
    ),
    "blocked-read_only": gettext_lazy(
        "%(name)s is read-only, so no change is written to it, and nobody can change or delete "
        "it. `%(request)s` removes the block"
    ),
    "blocked-read_only_allow_delete": gettext_lazy(
        "%(name)s is read-only, so no change is written to it. If a disk was too full, "
        "Elasticsearch removes the block when there is room again; otherwise `%(request)s` does"
    ),
    "foreign": gettext_lazy(
        "%(name)s belongs to another database (%(owner)s, written by %(host)s as %(label)s): use "
        "an INDEX_PREFIX of your own, or make it yours, if that site no longer writes to it"
    ),
    "nameless": gettext_lazy(
        "%(name)s is searched, names no owner, and this database did not create it: use an "
        "INDEX_PREFIX of your own, or make it yours, if no other site writes to it"
    ),
    "owner-lost": gettext_lazy(
        "%(name)s no longer names its owner, so another site could take it. A drain names it again"
    ),
    "alias-gone": ngettext_lazy(
        "The alias is gone: %(name)s (%(count)s document, up to date) was live",
        "The alias is gone: %(name)s (%(count)s documents, up to date) was live",
        "count",
    ),
    "alias-gone-late": ngettext_lazy(
        "The alias is gone: %(name)s (%(count)s document; it still gets the changes that wait) "
        "was live",
        "The alias is gone: %(name)s (%(count)s documents; it still gets the changes that wait) "
        "was live",
        "count",
    ),
    "alias-gone-differs": ngettext_lazy(
        "The alias is gone: %(name)s (%(count)s document; the database has %(rows)s) was live",
        "The alias is gone: %(name)s (%(count)s documents; the database has %(rows)s) was live",
        "count",
    ),
    "alias-gone-uncounted": gettext_lazy("The alias is gone: %(name)s was live"),
    "live-gone": ngettext_lazy(
        "The live generation is gone: %(name)s (%(count)s document, kept up to date) can take its "
        "place",
        "The live generation is gone: %(name)s (%(count)s documents, kept up to date) can take "
        "its place",
        "count",
    ),
    "live-gone-uncounted": gettext_lazy(
        "The live generation is gone: %(name)s, kept up to date, can take its place"
    ),
    "build-only": gettext_lazy(
        "Nothing is live: the build %(name)s is complete and waits for its swap"
    ),
    "former-closed": gettext_lazy(
        "No index has the alias. It belongs to %(name)s, which is closed: open that index first"
    ),
    "former-red": gettext_lazy(
        "No index has the alias. It belongs to %(name)s, which lacks primary shards: check the "
        "cluster first"
    ),
    "database-silent": gettext_lazy(
        "The generations and changes in the database %(name)s cannot be read: have its tables "
        "been migrated?"
    ),
    "physical": gettext_lazy(
        "%(alias)s is a physical index, not an alias. A rebuild fills a generation and puts the "
        "alias in its place"
    ),
    "physical-unmanaged": gettext_lazy(
        "%(alias)s is a physical index, not an alias: move its documents to an index of another "
        "name and delete it"
    ),
    "several-holders": gettext_lazy(
        "Several generations hold the alias (%(names)s): remove all but one"
    ),
    "closed": gettext_lazy("The index is closed: open it to make it searchable"),
    "red": gettext_lazy("Some of its primary shards are missing: check the cluster"),
    "documents-missing": ngettext_lazy(
        "%(count)s document is missing", "%(count)s documents are missing", "count"
    ),
    "documents-surplus": ngettext_lazy(
        "%(count)s document has no row in the database",
        "%(count)s documents have no row in the database",
        "count",
    ),
    "mapping": ngettext_lazy(
        "The mapping differs in %(count)s field",
        "The mapping differs in %(count)s fields",
        "count",
    ),
    "refused": ngettext_lazy(
        "%(count)s document does not fit the live mapping",
        "%(count)s documents do not fit the live mapping",
        "count",
    ),
    "unregistered": gettext_lazy(
        "Changes are not written to %(name)s, which django-es-admin did not create"
    ),
    "moved": gettext_lazy(
        "The alias was moved from %(live)s to %(name)s without es_swap_alias: move it back, or "
        "accept it as live"
    ),
    "not-live": gettext_lazy("%(name)s is searched, and is not registered as live"),
    "build-stopped": gettext_lazy(
        "The build of %(name)s stopped. It still receives each change: resume it, or prune it"
    ),
    "build-waits": gettext_lazy(
        "The build %(name)s waits for its swap. It receives each change: swap to it, or prune it"
    ),
    "build-behind": gettext_lazy(
        "The build %(name)s misses changes that could not be written to it. A new rebuild "
        "replaces it: rebuild, or prune it"
    ),
    "standby-behind": gettext_lazy(
        "The standby %(name)s misses changes that could not be written to it. A rollback tries "
        "them again"
    ),
    "queued": ngettext_lazy(
        "No worker of the background tasks has begun the %(operation)s that %(who)s requested "
        "%(count)s minute ago: start a worker, or cancel it with es_cancel",
        "No worker of the background tasks has begun the %(operation)s that %(who)s requested "
        "%(count)s minutes ago: start a worker, or cancel it with es_cancel",
        "count",
    ),
    "builds-failed": ngettext_lazy(
        "%(count)s failed build takes up space (%(name)s: %(error)s)",
        "%(count)s failed builds take up space (the latest, %(name)s: %(error)s)",
        "count",
    ),
    "unknown-generations": ngettext_lazy(
        "%(count)s index looks like a generation and is not registered (%(name)s): if it is "
        "yours, delete it",
        "%(count)s indices look like generations and are not registered (the latest, %(name)s): "
        "if they are yours, delete them",
        "count",
    ),
    "worker-absent": ngettext_lazy(
        "No worker was seen for %(count)s minute, so the changes that wait are not written: "
        "start the service that drains the outbox",
        "No worker was seen for %(count)s minutes, so the changes that wait are not written: "
        "start the service that drains the outbox",
        "count",
    ),
    "worker-never": gettext_lazy(
        "No worker has been seen yet, so the changes that wait are not written: start the "
        "service that drains the outbox"
    ),
    "triggers-missing": ngettext_lazy(
        "%(count)s trigger is missing or disabled, so changes that send no signal are not "
        "captured: run `manage.py es_triggers install`",
        "%(count)s triggers are missing or disabled, so changes that send no signal are not "
        "captured: run `manage.py es_triggers install`",
        "count",
    ),
    "triggers-old": ngettext_lazy(
        "%(count)s trigger belongs to an earlier form of the document: run `manage.py es_triggers "
        "install`",
        "%(count)s triggers belong to an earlier form of the document: run `manage.py es_triggers "
        "install`",
        "count",
    ),
    "synonyms-behind": ngettext_lazy(
        "%(count)s rule of the synonyms %(name)s differs between Elasticsearch and the database",
        "%(count)s rules of the synonyms %(name)s differ between Elasticsearch and the database",
        "count",
    ),
    "synonyms-built-in": gettext_lazy(
        "The synonyms %(name)s have changed since the index was built. This server has no synonyms "
        "API, so they act after the next rebuild"
    ),
    "outbox-late": ngettext_lazy(
        "%(count)s change waits, the oldest for %(minutes)s min",
        "%(count)s changes wait, the oldest for %(minutes)s min",
        "count",
    ),
    "outbox-refused": ngettext_lazy(
        "%(count)s change was refused, and is tried again",
        "%(count)s changes were refused, and are tried again",
        "count",
    ),
    "outbox-parked": ngettext_lazy(
        "%(count)s change is parked: correct the object, or exclude it in get_queryset(), and try "
        "again",
        "%(count)s changes are parked: correct the objects, or exclude them in get_queryset(), "
        "and try again",
        "count",
    ),
}
"""The text of each kind of problem, without a full stop, because a command line may follow."""


PAGE_TEXTS: Mapping[str, str | Promise] = {
    "write-block": gettext_lazy(
        "%(name)s refuses all writes, because a rebuild that had blocked them was killed. The "
        "next rebuild removes the block"
    ),
    "queued": ngettext_lazy(
        "No worker of the background tasks has begun the %(operation)s that %(who)s requested "
        "%(count)s minute ago: start a worker, or cancel it",
        "No worker of the background tasks has begun the %(operation)s that %(who)s requested "
        "%(count)s minutes ago: start a worker, or cancel it",
        "count",
    ),
}
"""The texts for a page, which has a button instead of the command."""

_SHOWN_BY: Mapping[str, Literal["outbox", "operation"]] = {
    "outbox-refused": "outbox",
    "queued": "operation",
}
"""The page with details about a problem that no action solves, by kind."""

_OBSTACLES: Mapping[Obstacle, str | Promise] = {
    "read-only": gettext_lazy(
        "The connection is READONLY in ES_SERVERS: fix this from a site where it is not READONLY."
    ),
    "rebuild": gettext_lazy("A rebuild is running."),
}


@dataclass(frozen=True)
class Mend:
    """One way to solve a problem.

    Args:
        verb: the action.
        arguments: arguments of the command, besides the index.
        parameters: parameters of the page, besides the index.
    """

    verb: Verb
    arguments: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)

    def command(self) -> str:
        """Return the command line."""
        return f"manage.py {_COMMANDS[self.verb]} {self.arguments}".rstrip()


@dataclass(frozen=True)
class Problem:
    """A problem of an index.

    Args:
        kind: a key of :data:`TEXTS`.
        facts: the values in its text.
        level: the severity of the problem.
        mends: the ways to solve it, the best first; empty if no action solves it.
        obstacle: why it cannot be solved now; "" if it can.
    """

    kind: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    level: Level = "warning"
    mends: tuple[Mend, ...] = ()
    obstacle: Obstacle = ""

    @property
    def text(self) -> str:
        """The text of the problem in the active language, for a terminal or a program."""
        return f"{self._fact()}."

    @property
    def sentence(self) -> str | Promise:
        """The text for a page, which fills in and marks up the facts."""
        return PAGE_TEXTS.get(self.kind, TEXTS[self.kind])

    @property
    def shown_by(self) -> Literal["", "outbox", "operation"]:
        """The page with details: that of the refused rows, or of an operation."""
        return _SHOWN_BY.get(self.kind, "")

    @property
    def is_missing(self) -> bool:
        """Whether the index does not exist, which may be so for many indices at once."""
        return self.kind == "missing"

    @property
    def is_of_scrap(self) -> bool:
        """Whether it only offers to delete builds that were never complete."""
        return self.kind == "builds-failed"

    def __str__(self) -> str:
        """Return the text for a terminal, with the commands that solve the problem."""
        lines = [mend.command() for mend in self.mends]
        if not lines:
            return self.text
        if self.obstacle:
            return f"{self.text} {_OBSTACLES[self.obstacle]}"
        commands = _(" or ").join(lines)
        return _("%(problem)s: run %(command)s.") % {"problem": self._fact(), "command": commands}

    def _fact(self) -> str:
        # Fill in the facts before converting to a string: a lazy plural depends on the number.
        text: Any = TEXTS[self.kind]
        return str(text % self.facts)
