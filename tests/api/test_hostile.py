"""Two thousand bodies made to hurt: each is answered with a problem document, and none is queued."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.fakes import HELLO, FakeApi

_CHARACTERS = st.characters() | st.sampled_from("\0\x1b\u202e\ufeff\uffff\ud800\udfff'\"\\/#[]{}")
_TEXTS = st.text(_CHARACTERS, max_size=40)
_NUMBERS = st.integers() | st.sampled_from([10**400, -(10**400), 2**63, 2**64]) | st.floats(allow_nan=False)
_LEAVES = st.none() | st.booleans() | _NUMBERS | _TEXTS
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4), max_leaves=20
)
_FIELDS = st.sampled_from(
    ["recipients", "message", "sender", "requestId", "encoding", "maxSegments", "expiresAt", "onUnknown", "metadata"]
)
_BAD_IDS = st.text(st.sampled_from("\0\n\r\x7f\x1b #/?%"), min_size=1, max_size=200)


@st.composite
def _spoilt_requests(draw: st.DrawFn) -> str:
    """Spoil a good request: one field is something that it must not be."""
    field, value = draw(_FIELDS), draw(_VALUES)
    body = {**HELLO, field: value}
    if draw(st.booleans()):
        body["message"] = {**HELLO["message"], draw(st.sampled_from(["charset", "text", "encoded", "x"])): value}
    return json.dumps(body)


@st.composite
def _nested(draw: st.DrawFn) -> str:
    opening = draw(st.sampled_from(["[", '{"a":', '{"message":', '{"recipients":[']))
    return opening * draw(st.integers(1, 5000))


_MEGABYTES = st.builds(
    lambda character, count: json.dumps({**HELLO, "message": {"text": character * count}}),
    _CHARACTERS,
    st.integers(300_000, 1_000_000),
)
_BODIES = st.one_of(
    _spoilt_requests(),
    _spoilt_requests(),
    _spoilt_requests(),
    _VALUES.map(json.dumps),
    _nested(),
    _TEXTS,
    _BAD_IDS.map(lambda bad: json.dumps({**HELLO, "requestId": bad})),
    st.sampled_from(["", "null", "NaN", "1e999999", "1" * 5000, '"', "\ufeff{}", "{}{}", '{"a":1,"a":2}', "\ud800"]),
)


def _check(api: FakeApi, body: str, key: str | None) -> None:
    reply = api.post(body, key=key)
    queued = api.messages()
    if reply.status == 202:  # what was drawn happened to be right
        assert [message["requestId"] for message in queued] == [reply.body["requestId"]]
        return
    assert reply.status in {400, 413, 415, 422}
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.body["status"], bool(reply.body["detail"])) == (reply.status, True)
    assert not queued
    assert not api.requests.entries


@settings(max_examples=1950, deadline=None, suppress_health_check=list(HealthCheck))
@given(_BODIES, st.none() | st.none() | _TEXTS | _BAD_IDS)
def test_a_hostile_body_is_answered_with_a_problem_and_nothing_is_queued(body: str, key: str | None) -> None:
    """Wrong types, wrong names, deep nesting, huge numbers, NULs, lone surrogates, control characters in ids."""
    _check(FakeApi(), body, key)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(_MEGABYTES)
def test_a_body_of_a_megabyte_is_refused_for_its_size(body: str) -> None:
    """It is not even parsed."""
    api = FakeApi()
    assert api.post(body).status == 413
    assert not api.outbox.bodies


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(_TEXTS, _TEXTS, max_size=3), _TEXTS, st.sampled_from(["GET", "POST", "HEAD", "\0"]))
def test_a_hostile_address_is_answered(query: dict[str, str], path: str, method: str) -> None:
    """Whatever stands in path and query."""
    event: dict[str, Any] = {"queryStringParameters": query, "body": "{}"}
    for prefix in ("/", "/messages/", "/submissions/"):
        assert FakeApi().call(method, prefix + path, **event).status in {400, 404, 405, 415, 422, 200}
