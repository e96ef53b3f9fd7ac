"""What was opened among the results of a search: signed, so that nobody else can count.

A mark says what was searched, as the log has it, and one result with its rank. It names no address:
the page of the object is found by its key, so nobody is led elsewhere.
"""

import json
import logging
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.core.cache import cache
from django.core.signing import BadSignature, Signer

from ...conf import get_options
from ...exceptions import ClickForged
from ...search.searched import Searched
from .place import Place, place_of

logger = logging.getLogger("django_es_admin.search")

MAX_AGE = 86_400
"""Seconds for which a mark counts; after that it only leads to the object."""
LAST_RANK = 1_000
"""Of the results that have a mark."""
LONGEST = 4_000
"""Characters of a mark."""
_SALT = "django_es_admin.insight.log.clicks"


@dataclass(frozen=True, slots=True)
class Clicked:
    """One result that was opened.

    Args:
        connection: alias of the connection.
        index: name that the document gives it.
        place: of the search in the log.
        key: of the document.
        rank: among the results, the first is 1.
        made: when the results were shown, in seconds since 1970.
    """

    connection: str
    index: str
    place: Place
    key: str
    rank: int
    made: int


def marks_of(search: Searched, keys: Sequence[str], first: int) -> list[str]:
    """Return a mark for each result of a page; none where ``CLICKS`` is off. It raises nothing.

    Args:
        keys: of their documents.
        first: rank of the first of them.
    """
    log = get_options().log_of_searches
    if log is None or not log.clicks:
        return []
    try:
        place = place_of(search, log)
    except Exception:
        # The hook is the project's.
        logger.exception("Results have no mark: the MASK of SEARCH_LOG failed.")
        return []
    if place is None:
        return []
    # The nonce makes each page of results another one: each of its marks counts once.
    page = [search.connection, search.index, *place.values(), int(time.time())]
    head = _text([*page, secrets.token_urlsafe(4)])
    if len(head) > LONGEST // 2:
        return []
    signer = Signer(salt=_SALT)
    last = max(LAST_RANK - first + 1, 0)
    return [
        signer.sign(f"{head}.{_text([rank, key])}") for rank, key in enumerate(keys[:last], first)
    ]


def read_mark(mark: str) -> Clicked:
    """Return what a mark says.

    Raises:
        ClickForged: nobody here has made it.
    """
    if len(mark) > LONGEST:
        raise ClickForged
    try:
        head, _dot, hit = Signer(salt=_SALT).unsign(mark).partition(".")
        connection, index, search, words, filters, order, made, _nonce = _read(head)
        rank, key = _read(hit)
    except (BadSignature, ValueError) as error:
        raise ClickForged from error
    return Clicked(connection, index, Place(search, words, filters, order), key, rank, made)


def is_first(mark: str, clicked: Clicked) -> bool:
    """Whether a mark counts: it is young, and was not counted before."""
    if not -60 <= time.time() - clicked.made <= MAX_AGE:
        return False
    name = blake2b(mark.encode(), digest_size=16).hexdigest()
    try:
        return cache.add(f"django_es_admin.click.{name}", 1, MAX_AGE)
    except Exception as error:  # noqa: BLE001 (no click fails)
        logger.warning("A click was not counted: the cache fails: %s", type(error).__name__)
        return False


def _text(values: Sequence[object]) -> str:
    text = json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")


def _read(text: str) -> list[Any]:
    values: list[Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return values
