"""Refused tokens: with many calls in flight one renewal, and one more try each; with a secret that fails, none lost."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.model_checker import provider
from local.model_checker.explorer import quiet
from realtime_sms.aws.tokens import Tokens
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.requests.prepare import Message
from send.admission import Permit
from send.call import Caller
from tests.fakes.aws.models import Checked
from tests.proof.checker.batches import Closed, Patient, admission_of, claimed, job_of

IN_FLIGHT = 50
MESSAGES = job_of("refused", IN_FLIGHT).messages


class Account:
    """RealTime, which takes some tokens; it answers the first calls only when all of them have come."""

    def __init__(self, takes: str, at_once: int) -> None:
        self.posts = Counter[str]()
        self._takes = takes
        self._first = Barrier(at_once, timeout=60)
        self._lock = Lock()

    def perform(self, call: Call, *, latest: float) -> CallResult:  # noqa: ARG002 (the client's)
        """Count the call, and take or refuse its token."""
        assert call.body is not None
        [number] = json.loads(call.body)["recipients"]
        with self._lock:
            self.posts[number] += 1
            first = self.posts[number] == 1
        if first:
            self._first.wait()
        taken = call.headers["Authorization"] == f"Bearer {self._takes}"
        return provider.outcome(provider.ACCEPTED, 1).result if taken else Reply(401)


class Secrets:
    """The token secret; the read of a given number fails."""

    def __init__(self, failing: int = 0) -> None:
        self.token = "old"
        self.renewals = 0
        self._reads = 0
        self._failing = failing

    def get_secret_value(self, **_: object) -> dict[str, Any]:
        """Return the token, or fail."""
        self._reads += 1
        if self._reads == self._failing:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "GetSecretValue")
        return {"SecretString": json.dumps({"access_token": self.token})}

    def renew(self, _refused: str) -> None:
        """Put a new token into the secret."""
        self.renewals += 1
        self.token = f"new{self.renewals}"


def _caller(account: Account, secrets: Secrets) -> Caller:
    client: Any = Checked("secretsmanager", secrets)
    breakers: Any = Closed()
    tokens = Tokens(client, "arn", renew=secrets.renew)
    return Caller(account.perform, tokens, admission_of(Patient()), breakers)


def _call(caller: Caller, message: Message) -> Verdict:
    [verdict] = caller.call(message, claimed(message, Patient()), Permit())
    return verdict


def _all(caller: Caller) -> list[Verdict]:
    with quiet(), ThreadPoolExecutor(IN_FLIGHT) as pool:
        return list(pool.map(partial(_call, caller), MESSAGES))


def test_fifty_refused_calls_cause_one_renewal_and_one_more_try_each() -> None:
    """All fifty are in flight with the old token when the first is refused; all are sent with the one new token."""
    account, secrets = Account("new1", IN_FLIGHT), Secrets()
    verdicts = _all(_caller(account, secrets))
    assert {verdict.kind for verdict in verdicts} == {Kind.ACCEPTED}
    assert secrets.renewals == 1
    assert set(account.posts.values()) == {2}


def test_fifty_calls_that_no_token_helps_are_tried_no_more_than_twice() -> None:
    """A new token that is refused as well ends in waiting, not in a third call."""
    account, secrets = Account("none of these", IN_FLIGHT), Secrets()
    verdicts = _all(_caller(account, secrets))
    assert {verdict.kind for verdict in verdicts} == {Kind.UNAUTHORIZED}
    assert max(account.posts.values()) <= 2


class _Counting:
    """A lock that notes when it was left so many times."""

    def __init__(self, times: int) -> None:
        self.left = Event()
        self._times = times
        self._lock = Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._times -= 1
        if not self._times:
            self.left.set()
        self._lock.release()


def test_a_renewal_in_vain_is_not_repeated_by_those_who_waited_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else fifty renewals in a row outlast the invocation, and what RealTime refused ends as unknown."""
    secrets, asked = Secrets(), _Counting(IN_FLIGHT)
    renewals: list[str] = []

    def renew_in_vain(refused: str) -> None:
        renewals.append(refused)
        if len(renewals) == 1:
            assert asked.left.wait(30)

    client: Any = Checked("secretsmanager", secrets)
    tokens = Tokens(client, "arn", renew=renew_in_vain)
    tokens.current()
    monkeypatch.setattr(tokens, "_lock", asked)
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
        verdict = _call(_caller(account, secrets), MESSAGES[0])
    assert verdict.kind is Kind.UNAUTHORIZED
    assert account.posts.total() == posts
