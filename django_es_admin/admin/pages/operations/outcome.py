"""The outcome of an operation in a sentence, and the reasons of refused documents, each once."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ....insight.compared import sentence_of
from ....models import Operation
from ....operations.history import OperationStatus
from ..parts.format import filled, number

_Kind = Operation.Kind
_State = Operation.State


@dataclass(frozen=True)
class RefusalReason:
    """Why some documents were refused.

    Args:
        text: Elasticsearch's reason for the first of them.
        objects: the key of each object, and the URL of its page; "" if it has none.
    """

    text: str
    objects: tuple[tuple[str, str], ...]


def group_reasons(
    failures: Iterable[tuple[str, str]], url_of: Callable[[str], str]
) -> tuple[RefusalReason, ...]:
    """Return each reason once with its objects, the most frequent reason first.

    Args:
        failures: key and reason of each document.
        url_of: returns the URL of an object's page.
    """
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    for key, why in failures:
        # Quoted parts and numbers differ between documents; the rest of the reason is the same.
        alike = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|\d+", "…", why)
        found.setdefault(alike, (why, []))[1].append((key, url_of(key)))
    reasons = [RefusalReason(why, tuple(objects)) for why, objects in found.values()]
    return tuple(sorted(reasons, key=lambda reason: -len(reason.objects)))


def outcome_of(operation: OperationStatus) -> str:
    """Return how an operation ended; "" while it is running, or if its state is enough."""
    row = operation.row
    if operation.alive:
        return ""
    if row.state != _State.DONE:
        told = _("The live generation is as it was.") if _left_alone(operation) else ""
    else:
        told = _SENTENCES[_Kind(row.kind)](row)
    # This sentence is our own, and has no names in it.
    return format_html_join(" ", "{}", ((part,) for part in (told, _judged(row)) if part))


def left_over(operation: OperationStatus) -> str:
    """Return the state of the rows that an operation left in the outbox; "" if it left none.

    It is a state of the outbox's list: failed rows or, if there are none, any that wait.
    """
    details = operation.row.details
    if operation.alive or operation.row.kind == _Kind.VERIFY:
        return ""
    if any(details.get(name) for name in ("failed", "refused", "parked", "left")):
        return "refused"
    return "waiting" if details.get("waiting") else ""


def _judged(row: Operation) -> str:
    """Return how good the results of a new generation are, if this was measured."""
    judged = row.details.get("judged")
    if not judged:
        return ""
    now, before = judged["ndcg"], judged["ndcg_live"]
    text = ngettext(
        "nDCG@10 of %(count)s judged search: %(ndcg)s.",
        "nDCG@10 of %(count)s judged searches: %(ndcg)s.",
        judged["searches"],
    )
    if before is not None:
        text = ngettext(
            "nDCG@10 of %(count)s judged search: %(ndcg)s, and %(before)s with %(live)s.",
            "nDCG@10 of %(count)s judged searches: %(ndcg)s, and %(before)s with %(live)s.",
            judged["searches"],
        )
    values = {
        "count": number(judged["searches"]),
        "ndcg": number_format(now, 3),
        "before": "" if before is None else number_format(before, 3),
        "live": judged["live"],
    }
    return filled(text, values)


def _left_alone(operation: OperationStatus) -> bool:
    """Return whether an operation that ended early changed nothing in the live index."""
    builds = operation.row.kind in (_Kind.REBUILD, _Kind.SWAP, _Kind.ROLLBACK)
    return builds and not any(step.name in ("swap", "standby") for step in operation.steps)


def _rebuilt(row: Operation) -> str:
    values = {
        "generation": row.generation,
        "source": row.details.get("source") or "",
        "documents": number(row.details.get("documents")),
    }
    if "documents" not in row.details:
        return _moved(row)
    count = row.details["documents"] or 0
    if row.details.get("swap") is False:
        text = ngettext(
            "%(generation)s is complete with %(documents)s document, and waits for its swap.",
            "%(generation)s is complete with %(documents)s documents, and waits for its swap.",
            count,
        )
    elif values["source"]:
        text = ngettext(
            "%(generation)s is live with %(documents)s document, in place of %(source)s.",
            "%(generation)s is live with %(documents)s documents, in place of %(source)s.",
            count,
        )
    else:
        text = ngettext(
            "%(generation)s is live with %(documents)s document.",
            "%(generation)s is live with %(documents)s documents.",
            count,
        )
    return filled(text, values)


def _moved(row: Operation) -> str:
    return filled(_("%(generation)s is live."), {"generation": row.generation})


def _created(row: Operation) -> str:
    return filled(_("%(generation)s is live, and empty."), {"generation": row.generation})


def _pruned(row: Operation) -> str:
    names = row.details.get("deleted", [])
    text = ngettext(
        "%(count)s generation was deleted: %(names)s.",
        "%(count)s generations were deleted: %(names)s.",
        len(names),
    )
    if not names:
        return _("Nothing was deleted: none of them can be deleted now.")
    return filled(text, {"count": number(len(names)), "names": ", ".join(names)})


def _deleted(row: Operation) -> str:
    return filled(_("%(name)s was deleted."), {"name": row.generation or row.index})


def _refreshed(row: Operation) -> str:
    return _("Documents that were written until then can be found.")


def _drained(row: Operation) -> str:
    details = row.details
    text = _("Documents written: %(written)s; deleted: %(deleted)s; refused: %(failed)s.")
    if details.get("waiting"):
        text += " " + _("Waiting in the outbox: %(waiting)s.")
    return filled(text, _numbers(details, "written", "deleted", "failed", "waiting"))


def _reindexed(row: Operation) -> str:
    details = row.details
    if "differed" in details:
        text = _(
            "Documents that differed: %(differed)s. Corrected: %(written)s; still different: "
            "%(left)s."
        )
        return filled(text, _numbers(details, "differed", "written", "left"))
    if "written" not in details:
        return ""
    text = _(
        "Objects: %(objects)s. Written: %(written)s; waiting: %(waiting)s; refused: %(refused)s."
    )
    return filled(text, _numbers(details, "objects", "written", "waiting", "refused"))


def _verified(row: Operation) -> str:
    details = row.details
    if not any(details.get(kind) for kind in ("missing", "stale", "ghosts", "refused")):
        text = ngettext(
            "%(objects)s object was compared: it is in %(generation)s as it should be.",
            "%(objects)s objects were compared: all are in %(generation)s as they should be.",
            details.get("objects", 0),
        )
    else:
        text = _(
            "Objects compared with %(generation)s: %(objects)s. Missing: %(missing)s; different: "
            "%(stale)s; documents without an object: %(ghosts)s; documents that cannot be made: "
            "%(refused)s."
        )
    if details.get("waiting"):
        text += " " + _("Waiting in the outbox: %(waiting)s.")
    names = ("objects", "missing", "stale", "ghosts", "refused", "waiting")
    return filled(text, {**_numbers(details, *names), "generation": row.generation})


def _updated(row: Operation) -> str:
    names = row.details.get("updated") or []
    text = _("The mapping of %(generation)s is as declared. Fields that changed: %(names)s.")
    return filled(text, {"generation": row.generation, "names": ", ".join(names) or _("none")})


def _synonyms_put(row: Operation) -> str:
    sets = row.details.get("sets") or {}
    if not sets:
        return _("Elasticsearch had the rules already.")
    told = ", ".join(f"{name}: {number(count)}" for name, count in sets.items())
    return filled(_("Searches use these synonyms (rules of each set): %(sets)s."), {"sets": told})


def _previewed(row: Operation) -> str:
    result = row.details.get("preview") or {}
    return sentence_of(result.get("asked", 0), result.get("same", 0), result.get("lost", 0))


def _numbers(details: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: number(details.get(name, 0)) for name in names}


_SENTENCES: Mapping[Operation.Kind, Callable[[Operation], str]] = {
    _Kind.CREATE: _created,
    _Kind.REBUILD: _rebuilt,
    _Kind.SWAP: _moved,
    _Kind.ROLLBACK: _moved,
    _Kind.PRUNE: _pruned,
    _Kind.DELETE: _deleted,
    _Kind.REFRESH: _refreshed,
    _Kind.DRAIN: _drained,
    _Kind.REINDEX: _reindexed,
    _Kind.VERIFY: _verified,
    _Kind.UPDATE: _updated,
    _Kind.SYNONYMS: _synonyms_put,
    _Kind.PREVIEW: _previewed,
}
