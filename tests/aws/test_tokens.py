"""The token as many threads see it: one reads or renews for all, and nobody waits longer than it may."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore, Thread
from typing import Any

import pytest

from realtime_sms.aws.tokens import Tokens, TokenUnavailableError, fingerprint
from tests.fakes.aws.models import Checked

THREADS = 20
PATIENCE = 10  # seconds for what must come


class Secret:
    """The token secret, which answers once it is let."""

    def __init__(self) -> None:
        self.token = "first"
        self.reads = 0
        self.answering = Event()

    def get_secret_value(self, **_: object) -> dict[str, str]:
        """Return the token."""
        self.reads += 1
        assert self.answering.wait(PATIENCE)
        return {"SecretString": json.dumps({"access_token": self.token})}


class Refresh:
    """The refresh function, which brings a new token, or none, once it is let."""

    def __init__(self, secret: Secret, brings: str | None = "second") -> None:
        self.refused: list[str] = []
        self.answering = Event()
        self._secret, self._brings = secret, brings

    def __call__(self, refused: str) -> None:
        """Renew."""
        self.refused.append(refused)
        assert self.answering.wait(PATIENCE)
        self._secret.token = self._brings or self._secret.token


@pytest.fixture
def secret() -> Iterator[Secret]:
    """Yield the secret; what still waits for it goes on at the end."""
    secret = Secret()
    yield secret
    secret.answering.set()


def _tokens(secret: Secret, refresh: Callable[[str], None] | None = None) -> Tokens:
    client: Any = Checked("secretsmanager", secret)
    return Tokens(client, "arn", renew=refresh)


class CountingPool:
    """Runs each work in a thread, and counts those who wait for it."""

    def __init__(self) -> None:
        self.waiting = Semaphore(0)

    def submit(self, work: Callable[[], None]) -> Future[None]:
        """Run it."""
        waiting = self.waiting

        class Counted(Future[None]):
            def result(self, timeout: float | None = None) -> None:
                waiting.release()
                return super().result(timeout)

        future = Counted()

        def run() -> None:
            work()
            future.set_result(None)

        Thread(target=run).start()
        return future

    def wait_for_all(self) -> None:
        """Return once every thread waits."""
        assert all(self.waiting.acquire(timeout=PATIENCE) for _ in range(THREADS))


def test_many_threads_share_one_read(secret: Secret) -> None:
    """And all get its token."""
    tokens, counting = _tokens(secret), CountingPool()
    tokens._pool = counting  # type: ignore[assignment]  # as much of one as is used
    with ThreadPoolExecutor(THREADS) as threads:
        found = [threads.submit(tokens.current) for _ in range(THREADS)]
        counting.wait_for_all()
        secret.answering.set()
    assert {one.result() for one in found} == {"first"}
    assert secret.reads == 1


@pytest.mark.parametrize(("brings", "then"), [("second", "second"), (None, "first")], ids=["a new one", "in vain"])
def test_many_threads_share_one_renewal(secret: Secret, brings: str | None, then: str) -> None:
    """Also one in vain: were each to try in turn, what was refused would wait beyond the end of the invocation."""
    refresh, counting = Refresh(secret, brings), CountingPool()
    tokens = _tokens(secret, refresh)
    secret.answering.set()
    assert tokens.current() == "first"
    tokens._pool = counting  # type: ignore[assignment]
    with ThreadPoolExecutor(THREADS) as threads:
        found = [threads.submit(tokens.renewed, "first") for _ in range(THREADS)]
        counting.wait_for_all()
        refresh.answering.set()
    assert {one.result() for one in found} == {then}
    assert refresh.refused == [fingerprint("first")]


def test_a_thread_that_comes_when_the_read_is_just_over_reads_no_more(secret: Secret) -> None:
    """It looked whether the token is old before the read was over, and comes to the lock after."""
    tokens = _tokens(secret)
    secret.answering.set()
    share = tokens._share

    def after_another(name: str, work: Callable[[], None], is_needed: Callable[[], bool], within: float) -> None:
        tokens._share = share  # type: ignore[method-assign]
        assert tokens.current() == "first"
        share(name, work, is_needed, within)

    tokens._share = after_another  # type: ignore[method-assign]
    assert tokens.current() == "first"
    assert secret.reads == 1


def test_a_read_that_hangs_is_waited_for_no_longer_than_one_may(secret: Secret) -> None:
    """The SDK would wait for three tries."""
    tokens, began = _tokens(secret), time.monotonic()
    with pytest.raises(TimeoutError):
        tokens.current(within=0.05)
    assert time.monotonic() - began < PATIENCE / 2


@pytest.mark.parametrize("hangs", ["the read", "the refresh"])
def test_a_renewal_that_hangs_is_waited_for_no_longer_than_one_may(secret: Secret, hangs: str) -> None:
    """One deadline for all its parts, and for everybody who asks for it, at once or later."""
    refresh = Refresh(secret)
    tokens = _tokens(secret, refresh)
    secret.answering.set()
    tokens.current()
    if hangs == "the read":
        secret.answering.clear()
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            tokens.renewed("first", within=0.05)
    assert time.monotonic() - began < PATIENCE / 2
    assert secret.reads == 2  # all three waited for the same renewal
    secret.answering.set()
    refresh.answering.set()
    assert tokens.renewed("first", within=PATIENCE) == "second"


def test_without_time_nothing_is_waited_for(secret: Secret) -> None:
    """As where the invocation has no more than its last writes' time."""
    with pytest.raises(TimeoutError):
        _tokens(secret).current(within=-1)


def test_a_token_is_read_again_minutes_later_only() -> None:
    """Every five."""
    now, secret = [0.0], Secret()
    secret.answering.set()
    client: Any = Checked("secretsmanager", secret)
    tokens = Tokens(client, "arn", monotonic=lambda: now[0])
    for at, reads in ((0, 1), (299, 1), (300, 2), (301, 2)):
        now[0] = at
        tokens.current()
        assert secret.reads == reads


def test_a_secret_without_a_token_is_told_by_what_to_do() -> None:
    """And not by what it holds."""

    class Wrong:
        def get_secret_value(self, **_: object) -> dict[str, str]:
            return {"SecretString": '{"token": "secret-canary"}'}

    client: Any = Checked("secretsmanager", Wrong())
    with pytest.raises(TokenUnavailableError, match="must hold") as told:
        Tokens(client, "arn").current()
    assert "canary" not in str(told.value)
