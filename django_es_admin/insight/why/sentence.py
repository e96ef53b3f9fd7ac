"""The answer in one sentence."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .reason import Reason, Why

_TEXTS: Mapping[Reason, str | Promise] = {
    Reason.PROMOTED: gettext_lazy("Found: a promotion puts it first for these words."),
    Reason.LEFT_OUT: gettext_lazy("Not found: a promotion leaves it out for these words."),
    Reason.FAR_DOWN: gettext_lazy(
        "Found, but far down: it is number %(rank)s of %(hits)s hits, on page %(page)s."
    ),
    Reason.BEYOND_WINDOW: gettext_lazy(
        "Not shown: it is number %(rank)s of %(hits)s hits, and nobody can page beyond %(window)s."
    ),
    Reason.GHOST: gettext_lazy(
        "Found, although it is gone: the database has no such object, and the index still has its "
        "document."
    ),
    Reason.NO_OBJECT: gettext_lazy("Not found: the database has no such object."),
    Reason.HIDDEN_ROW: gettext_lazy(
        "Not shown: the search finds it, but the list hides this row from you."
    ),
    Reason.OUTSIDE_QUERYSET: gettext_lazy(
        "Not found: it is in the database, but get_queryset() of the document leaves it out."
    ),
    Reason.NOT_TO_BE_INDEXED: gettext_lazy(
        "Not found: should_index_object() of the document says that it is not to be indexed."
    ),
    Reason.UNMAKEABLE: gettext_lazy("Not found: its document cannot be built: %(error)s"),
    Reason.INDEX_MISSING: gettext_lazy("Not found: the index has no live generation."),
    Reason.REFUSED: gettext_lazy("Not found: Elasticsearch refused its document: %(error)s"),
    Reason.WAITING: gettext_lazy(
        "Not found yet: its change waits in the outbox, and the index does not have it."
    ),
    Reason.NOT_INDEXED: gettext_lazy(
        "Not found: the index has no document of it, and no change waits. Reindex it."
    ),
    Reason.NOT_REFRESHED: gettext_lazy(
        "Not found yet: its document is written, but searches see it only after the next refresh "
        "of the index."
    ),
    Reason.STALE: gettext_lazy(
        "Not found: the index has an older document of it, and no change waits. Reindex it."
    ),
    Reason.FILTERED: gettext_lazy(
        "Not found: the search requires that %(field)s is %(wanted)s, and it is %(has)s."
    ),
    Reason.NO_WORDS: gettext_lazy("Not found: there is no word to look for."),
    Reason.STOP_WORDS: gettext_lazy(
        "Not found: analysis removes all words of the search (%(words)s), for example because "
        "they are stop words."
    ),
    Reason.FIELD_NOT_SEARCHED: gettext_lazy(
        "Not found: “%(word)s” is only in %(field)s, which this search does not use."
    ),
    Reason.FIELD_NOT_INDEXED: gettext_lazy(
        "Not found: “%(word)s” is in %(field)s, which is stored but not indexed."
    ),
    Reason.TOO_LONG: gettext_lazy(
        "Not found: “%(word)s” is in %(field)s, whose value is longer than the %(longest)s "
        "characters that are indexed."
    ),
    Reason.DROPPED: gettext_lazy(
        "Not found: “%(word)s” is in %(field)s, but analysis removes it when the field is indexed."
    ),
    Reason.ANALYSED_OTHERWISE: gettext_lazy(
        "Not found: “%(word)s” is in %(field)s, but it is indexed there as %(has)s and searched "
        "as %(sought)s."
    ),
    Reason.WHOLE_KEYWORD: gettext_lazy(
        "Not found: “%(word)s” is a part of %(field)s, “%(value)s”, which is only found as a whole."
    ),
    Reason.PART_OF_WORD: gettext_lazy(
        "Not found: “%(word)s” is only a part of a word there: %(field)s has “%(other)s”."
    ),
    Reason.TYPO_NOT_FORGIVEN: gettext_lazy(
        "Not found: “%(word)s” has to match exactly, and %(field)s has “%(other)s”."
    ),
    Reason.TYPO_AT_BEGINNING: gettext_lazy(
        "Not found: “%(word)s” begins with another letter than “%(other)s” in %(field)s; no typo "
        "in the first letter is forgiven."
    ),
    Reason.WORD_ABSENT: gettext_lazy("Not found: no searched field (%(fields)s) has “%(word)s”."),
    Reason.OWN_QUERY: gettext_lazy(
        "Not found: the fields have each word, but the query of this search does not match."
    ),
}


def sentence(why: Why) -> str:
    """Return a sentence that says why the object is found, or is not."""
    if why.reason is Reason.FOUND:
        return _found(why)
    if why.reason is Reason.TYPO_TOO_FAR:
        return _too_far(why)
    texts = {name: _text(value) for name, value in why.facts.items()}
    rank = {"rank": _text(why.rank), "hits": _text(why.hits)}
    return str(_TEXTS[why.reason]) % {**rank, **texts}


def _found(why: Why) -> str:
    where = _where(why)
    if why.rank is None:
        return _("Found%(where)s.") % {"where": where}
    return ngettext(
        "Found, as number %(rank)s of %(hits)s hit%(where)s.",
        "Found, as number %(rank)s of %(hits)s hits%(where)s.",
        why.hits or 0,
    ) % {"rank": _text(why.rank), "hits": _text(why.hits), "where": where}


def _where(why: Why) -> str:
    places = [
        f"{told.path} (“{word.word}”)" for word in why.words for told in word.fields if told.matches
    ]
    if not places:
        return ""
    return _(": it matches in %(places)s") % {"places": get_text_list(places[:5], _("and"))}


def _too_far(why: Why) -> str:
    return ngettext(
        "Not found: “%(word)s” and “%(other)s” in %(field)s differ by %(distance)s letters, and "
        "%(allowed)s is forgiven.",
        "Not found: “%(word)s” and “%(other)s” in %(field)s differ by %(distance)s letters, and "
        "%(allowed)s are forgiven.",
        why.facts["allowed"],
    ) % {name: _text(value) for name, value in why.facts.items()}


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return get_text_list([f"“{each}”" for each in value], _("or")) or _("no value")
    if isinstance(value, int):
        return number_format(value, use_l10n=True, force_grouping=True)
    return str(value)
