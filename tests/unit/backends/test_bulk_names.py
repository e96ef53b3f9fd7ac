"""The short way to read the actions of a bulk request tells what the long way tells."""

import re
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_es_admin.backends.guard import names
from django_es_admin.backends.guard.limits import Guard
from django_es_admin.backends.guard.queries import Unreadable
from django_es_admin.documents.reading.prepared import Prepared
from django_es_admin.exceptions import ForeignIndex
from django_es_admin.indices.bulk import Chunk, encode

NEVER = re.compile(rb"(?!)")

PIECES = (
    b'{"index":{"_id":"1","version":7,"version_type":"external_gte"}}',
    b'{"delete":{"_id":"1","version":7,"version_type":"external_gte"}}',
    b'{"index":{"_id":"',
    b'","version":7,"version_type":"external_gte"}}',
    *(b"{", b"}", b'"', b"\\", b",", b":", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\x0b", b"\x85"),
    *(b"\\u0022", b'\\"', b"\x00", b"\xff", "ä".encode(), "\u2028".encode()),
    b'"_index":"other"',
    b',"_index":"other"',
    b'"_index":null',
    b'"routing":"1"',
    b'{"index":{"_index":"other"}}',
    b'{"update":{"_index":"other"}}',
    b'{"create":{}}',
    b'"index"',
    b'"delete"',
    *(b"1", b"-", b"e3", b"0", b"NaN", b"[]", b"{}", b"null"),
)

pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(b"".join)


@st.composite
def cut_and_joined(draw: st.DrawFn) -> bytes:
    """Actions of ours, and something in the middle of them."""
    whole = b"\n".join(draw(st.lists(st.sampled_from(PIECES[:2]), min_size=1, max_size=3)))
    start = draw(st.integers(0, len(whole)))
    end = draw(st.integers(start, min(len(whole), start + 12)))
    return whole[:start] + draw(st.sampled_from(PIECES) | st.just(b"")) + whole[end:]


bodies = st.lists(pieces | cut_and_joined(), min_size=1, max_size=4).map(
    lambda lines: b"\n".join(lines) + b"\n"
)


def told(content: bytes) -> list[str] | None:
    """Return the names in a body; None for one that is refused."""
    try:
        return list(names.names_in("bulk", content))
    except Unreadable:
        return None


@settings(max_examples=600, deadline=None)
@given(body=bodies)
def test_both_ways_tell_the_same(body: bytes) -> None:
    short = told(body)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(names, "_PLAIN_ACTION", NEVER)
        assert short == told(body)


def bodies_of(keys: Iterable[str]) -> list[list[bytes]]:
    documents = [Prepared(key, {"name": 'a "_index" of \n'}) for key in keys]
    chunks = encode([*documents, Prepared("gone", None)], 7, max_bytes=10_000)
    return [chunk.lines for chunk in chunks if isinstance(chunk, Chunk)]


def test_our_own_actions_go_the_short_way() -> None:
    [lines] = bodies_of(["1", "0b9e3a52-7d9f-4c2e-9d3c-fb1f3ad2f0a5", "a b"])
    actions = [line for line in lines if line.startswith((b'{"index"', b'{"delete"'))]
    assert len(actions) == 4
    assert all(map(names._PLAIN_ACTION.fullmatch, actions))


@pytest.mark.parametrize(
    "key", ['1","_index":"other', '1"}}\n{"index":{"_index":"other', "1\\", "ä", "\u2028", "\x7f"]
)
def test_a_key_that_looks_like_an_action(key: str) -> None:
    """Whatever the key of an object is: what is sent names no index."""
    [lines] = bodies_of([key])
    body = b"\n".join(lines) + b"\n"
    assert told(body) == ["", ""]
    Guard("default", prefix="mine-").check("PUT", "/mine-a-WRITE/_bulk", body)
    with pytest.raises(ForeignIndex):
        Guard("default", prefix="mine-").check("PUT", "/other/_bulk", body)
