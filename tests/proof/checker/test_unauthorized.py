"""Refused tokens: with many calls in flight one renewal, and one more try each; with a secret that fails, none lost."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock, get_ident
from time import monotonic
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.model_checker import provider
from local.model_checker.delivery import drafts_of
from local.model_checker.explorer import quiet
from local.model_checker.scenario import Sent
from realtime_sms.aws.token import Tokens
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.provider.verdict import Kind, Verdict
from send.calls import ThreadedCalls
from send.ports import Unit
from send.submitter import Submitter

IN_FLIGHT = 50
UNITS = [Unit((draft,)) for draft in drafts_of(Sent(tuple(f"+569{n:08}" for n in range(IN_FLIGHT))).body(None))]


class Account:
    """RealTime, which takes some tokens; it answers the first calls only when all of them have come."""

    def __init__(self, takes: str, at_once: int) -> None:
        self.posts = Counter[str]()
        self._takes = takes
        self._first = Barrier(at_once, timeout=60)
        self._lock = Lock()

    def exchange(self, call: Call) -> CallResult:
        """Count the call, and take or refuse its token."""
        assert call.body is not None
        [number] = json.loads(call.body)["recipients"]
        with self._lock:
            self.posts[number] += 1
            first = self.posts[number] == 1
        if first:
            self._first.wait()
        taken = call.headers["Authorization"] == f"Bearer {self._takes}"
        return provider.outcome(provider.ACCEPTED, 1).exchange if taken else Reply(401)


class Secrets:
    """The token secret; the read of a given number fails."""

    def __init__(self, failing: int = 0) -> None:
        self.token = "old"
        self.renewals = 0
        self._reads = 0
        self._failing = failing

    def get_secret_value(self, **_: object) -> dict[str, Any]:
        """Give the token, or fail."""
        self._reads += 1
        if self._reads == self._failing:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")
        return {"SecretString": json.dumps({"access_token": self.token})}

    def renew(self, _refused: str) -> None:
        """Put a new token into the secret."""
        self.renewals += 1
        self.token = f"new{self.renewals}"


def _submitter(account: Account, secrets: Secrets) -> Submitter:
    client: Any = secrets
    return Submitter(account.exchange, Tokens(client, "arn", renew=secrets.renew), may_start=lambda _unit: True)


@pytest.fixture
def calls() -> Iterator[ThreadedCalls]:
    """Give real threads that end with the test."""
    threads = ThreadedCalls(IN_FLIGHT)
    with quiet():
        yield threads
    threads._pool.shutdown()


def _all(calls: ThreadedCalls, submitter: Submitter) -> list[Verdict]:
    calls.submit = submitter.submit
    for unit in UNITS:
        calls.start(unit)
    verdicts: list[Verdict] = []
    while len(verdicts) < IN_FLIGHT:
        verdicts += [verdict for one in calls.finished(25) for verdict in one.verdicts or []]
    return verdicts


def test_fifty_refused_calls_cause_one_renewal_and_one_more_try_each(calls: ThreadedCalls) -> None:
    """All fifty are in flight with the old token when the first is refused; all are sent with the one new token."""
    account, secrets = Account("new1", IN_FLIGHT), Secrets()
    verdicts = _all(calls, _submitter(account, secrets))
    assert {verdict.kind for verdict in verdicts} == {Kind.ACCEPTED}
    assert secrets.renewals == 1
    assert set(account.posts.values()) == {2}


def test_fifty_calls_that_no_token_helps_are_tried_no_more_than_twice(calls: ThreadedCalls) -> None:
    """A new token that is refused as well ends in waiting, not in a third call."""
    account, secrets = Account("none of these", IN_FLIGHT), Secrets()
    verdicts = _all(calls, _submitter(account, secrets))
    assert {verdict.kind for verdict in verdicts} == {Kind.UNAUTHORIZED}
    assert max(account.posts.values()) <= 2


def test_a_renewal_in_vain_is_not_repeated_by_those_who_waited_for_it() -> None:
    """Else fifty renewals in a row outlast the invocation, and what RealTime refused ends as unknown."""
    secrets, callers, all_asked = Secrets(), set[int](), Event()
    renewals: list[str] = []

    def clock() -> float:
        callers.add(get_ident())
        if len(callers) > IN_FLIGHT:  # the fifty, and the one that read the token first
            all_asked.set()
        return monotonic()

    def renew_in_vain(refused: str) -> None:
        renewals.append(refused)
        if len(renewals) == 1:
            assert all_asked.wait(30)

    client: Any = secrets
    tokens = Tokens(client, "arn", renew=renew_in_vain, monotonic=clock)
    tokens.current()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        started = Barrier(IN_FLIGHT, timeout=60)
        found = list(pool.map(lambda _: (started.wait(), tokens.renewed("old"))[1], range(IN_FLIGHT)))
    assert found == ["old"] * IN_FLIGHT
    assert len(renewals) == 1


@pytest.mark.parametrize(("failing", "posts"), [(1, 0), (2, 1), (3, 1)], ids=["first read", "second", "after renewal"])
def test_a_secret_that_cannot_be_read_leaves_the_message_waiting(failing: int, posts: int) -> None:
    """Whichever read fails: the call was refused or not made, so nothing is open and nothing is sent twice."""
    account, secrets = Account("new1", 1), Secrets(failing)
    with quiet():
        verdicts = _submitter(account, secrets).submit(UNITS[0])
    assert verdicts is not None
    assert [verdict.kind for verdict in verdicts] == [Kind.UNAUTHORIZED]
    assert account.posts.total() == posts
