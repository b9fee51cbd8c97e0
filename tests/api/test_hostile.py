"""Two thousand bodies made to hurt: each is answered with a problem document, and none is queued."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.fakes import HELLO, FakeApi
from tests.fakes.hostile import BAD_IDS, TEXTS, bodies, large_bodies


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
@given(bodies(HELLO), st.none() | st.none() | TEXTS | BAD_IDS)
def test_a_hostile_body_is_answered_with_a_problem_and_nothing_is_queued(body: str, key: str | None) -> None:
    """Wrong types, wrong names, deep nesting, huge numbers, NULs, lone surrogates, control characters in ids."""
    _check(FakeApi(), body, key)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(large_bodies(HELLO, 300_000, 1_000_000))
def test_a_body_of_a_megabyte_is_refused_for_its_size(body: str) -> None:
    """It is not even parsed."""
    api = FakeApi()
    assert api.post(body).status == 413
    assert not api.producer.bodies


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(TEXTS, TEXTS, max_size=3), TEXTS, st.sampled_from(["GET", "POST", "HEAD", "\0"]))
def test_a_hostile_address_is_answered(query: dict[str, str], path: str, method: str) -> None:
    """Whatever stands in path and query."""
    event: dict[str, Any] = {"queryStringParameters": query, "body": "{}"}
    for prefix in ("/", "/messages/", "/submissions/"):
        assert FakeApi().call(method, prefix + path, **event).status in {400, 404, 405, 415, 422, 200}
