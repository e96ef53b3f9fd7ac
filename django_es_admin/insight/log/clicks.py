"""The results of a search that were opened: signed, so that nobody can forge a click.

A mark contains a search, as the log has it, and one result with its rank. It contains no address:
the page of the object is found by its key, so a mark cannot lead to another site.
"""

import json
import logging
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from django.conf import settings
from django.core.cache import cache
from django.utils.crypto import constant_time_compare, salted_hmac

from ...conf import get_options
from ...exceptions import ClickForged
from ...search.searched import Searched
from .place import SearchKey, place_of

logger = logging.getLogger("django_es_admin.search")

MAX_AGE = 86_400
"""The seconds for which a mark counts. After that it only leads to the object."""
LAST_RANK = 1_000
"""The number of results that get a mark."""
LONGEST = 4_000
"""The maximum length of a mark."""
_SALT = "django_es_admin.insight.log.clicks"


@dataclass(frozen=True, slots=True)
class Clicked:
    """One result that was opened.

    Args:
        connection: alias of the connection.
        index: the name of the index, as the document gives it.
        place: the digest of the search in the log.
        key: the key of the document.
        rank: the rank among the results, from 1.
        made: when the results were shown, in seconds since 1970.
    """

    connection: str
    index: str
    place: SearchKey
    key: str
    rank: int
    made: int


def marks_of(search: Searched, keys: Sequence[str], first: int) -> list[str]:
    """Return a mark for each result of a page, or none if ``CLICKS`` is off. It does not raise.

    Args:
        keys: the keys of the documents.
        first: the rank of the first result.
    """
    log = get_options().log_of_searches
    if log is None or not log.clicks:
        return []
    try:
        place = place_of(search, log)
    except Exception:
        # The hook belongs to the project, and may fail.
        logger.exception("Results have no mark: the MASK of SEARCH_LOG failed.")
        return []
    if place is None:
        return []
    # The nonce distinguishes pages of results, so that each mark counts once.
    page = [search.connection, search.index, *place.values(), int(time.time())]
    nonce = secrets.token_urlsafe(4)
    head = _coded(json.dumps([*page, nonce], separators=(",", ":"), ensure_ascii=False))
    if len(head) > LONGEST // 2:
        return []
    # Signing the hits with the secret of the page takes a tenth of the time.
    secret = _page_secret(head, settings.SECRET_KEY)
    hits = [_coded(f"{rank} {key}") for rank, key in enumerate(keys, first) if rank <= LAST_RANK]
    return [f"{head}.{hit}.{_signature(hit, secret)}" for hit in hits]


def read_mark(mark: str) -> Clicked:
    """Return the content of a mark.

    Raises:
        ClickForged: the mark was not signed with the keys of this site.
    """
    head, _dot, rest = mark.partition(".")
    hit, _dot, signature = rest.partition(".")
    if (
        len(mark) > LONGEST
        or not mark.isascii()
        or not any(
            constant_time_compare(_signature(hit, _page_secret(head, key)), signature)
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        )
    ):
        raise ClickForged
    connection, index, search, words, filters, order, made, _nonce = json.loads(_decoded(head))
    rank, _space, key = _decoded(hit).partition(" ")
    return Clicked(
        connection, index, SearchKey(search, words, filters, order), key, int(rank), made
    )


def is_first(mark: str, clicked: Clicked) -> bool:
    """Return whether a mark counts: it is recent, and was not counted before."""
    if not -60 <= time.time() - clicked.made <= MAX_AGE:
        return False
    name = blake2b(mark.encode(), digest_size=16).hexdigest()
    try:
        return cache.add(f"django_es_admin.click.{name}", 1, MAX_AGE)
    except Exception as error:  # noqa: BLE001 (no click fails)
        logger.warning("A click was not counted: the cache fails: %s", type(error).__name__)
        return False


def _page_secret(head: str, key: str | bytes) -> bytes:
    """Return a secret for a page that only a secret key of the project can compute."""
    return salted_hmac(_SALT, head, secret=key, algorithm="sha256").digest()


def _signature(hit: str, secret: bytes) -> str:
    return blake2b(hit.encode(), key=secret, digest_size=16).hexdigest()


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode(errors="replace")).decode().rstrip("=")


def _decoded(text: str) -> str:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
