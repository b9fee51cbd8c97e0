"""Hostile bodies: a good request with one thing wrong, or no request at all."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

CHARACTERS = st.characters() | st.sampled_from("\0\x1b\u202e\ufeff\uffff\ud800\udfff'\"\\/#[]{}")
TEXTS = st.text(CHARACTERS, max_size=40)
BAD_IDS = st.text(st.sampled_from("\0\n\r\x7f\x1b #/?%"), min_size=1, max_size=200)

_NUMBERS = st.integers() | st.sampled_from([10**400, -(10**400), 2**63, 2**64]) | st.floats(allow_nan=False)
_LEAVES = st.none() | st.booleans() | _NUMBERS | TEXTS
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20
)
_FIELDS = st.sampled_from(
    ["recipients", "message", "sender", "requestId", "encoding", "maxSegments", "expiresAt", "onUnknown", "metadata"]
)
_ODD = st.sampled_from(["", "null", "NaN", "1e999999", "1" * 5000, '"', "\ufeff{}", "{}{}", '{"a":1,"a":2}', "\ud800"])


@st.composite
def _spoilt(draw: st.DrawFn, request: Mapping[str, Any]) -> str:
    """Replace one field of a good request by something that it must not be."""
    field, value = draw(_FIELDS), draw(_VALUES)
    body = {**request, field: value}
    if draw(st.booleans()):
        body["message"] = {**request["message"], draw(st.sampled_from(["charset", "text", "encoded", "x"])): value}
    return json.dumps(body)


@st.composite
def _nested(draw: st.DrawFn) -> str:
    opening = draw(st.sampled_from(["[", '{"a":', '{"message":', '{"recipients":[']))
    return opening * draw(st.integers(1, 5000))


def bodies(request: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Draw bodies that are nearly this request, or nothing like it."""
    return st.one_of(
        _spoilt(request),
        _spoilt(request),
        _spoilt(request),
        _VALUES.map(json.dumps),
        _nested(),
        TEXTS,
        BAD_IDS.map(lambda bad: json.dumps({**request, "requestId": bad})),
        _ODD,
    )


def large_bodies(request: Mapping[str, Any], least: int, most: int) -> st.SearchStrategy[str]:
    """Draw bodies whose text is one character, `least` to `most` times."""
    return st.builds(
        lambda character, count: json.dumps({**request, "message": {"text": character * count}}),
        CHARACTERS,
        st.integers(least, most),
    )
