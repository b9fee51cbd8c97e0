"""A wave keeps as many calls in flight as it may: what it waits for is never room that it has."""

import json
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace

import pytest

from realtime_sms.compose import Defaults
from realtime_sms.draft import Change
from realtime_sms.fate import Fate, Proof, Reason
from realtime_sms.submission import Rules, Submission
from send.intake import take_in
from send.limits import Limits
from send.ports import Finished, Unit
from send.task import Job
from send.wave import Wave
from shell.breaker import Breaker
from shell.clock import Clock
from shell.ledger import BATCH, Held, Key, Swapped
from shell.queue import QueueMessage

ACCEPTED = Fate(Proof.ACCEPTED, Reason.ACCEPTED, 200, submission_id="1")
MANY = 200
IN_FLIGHT = 50


class _Store:
    def read(self, _keys: Iterable[Key]) -> dict[Key, Submission]:
        return {}

    def swap(self, changes: Sequence[Change]) -> list[Swapped]:
        return [Held() for _ in changes]


class _Calls:
    """Ends a batch of calls each time it is waited for, but the first few of all, which are slow, at the very end.

    It notes how many were begun and not over, as long as there were more to begin.
    """

    def __init__(self, slow: int) -> None:
        self.slow = slow
        self.started = 0
        self.begun: list[Unit] = []
        self.waited_with: list[int] = []

    def start(self, unit: Unit) -> None:
        self.started += 1
        self.begun.append(unit)

    def finished(self, most: int, within: float | None = None) -> list[Finished]:
        assert within is None
        if self.started < MANY:
            self.waited_with.append(len(self.begun))
        first = self.slow if len(self.begun) > self.slow else 0
        over, self.begun = self.begun[first:most], [*self.begun[:first], *self.begun[most:]]
        return [Finished(unit, [ACCEPTED]) for unit in over]


class _Closed:
    def open(self) -> None:
        return None

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        raise AssertionError((breaker, reason))


def _nobody(_numbers: Sequence[str]) -> Callable[[], frozenset[str]]:
    return frozenset


@pytest.mark.parametrize("slow", [0, 1, 5])
def test_a_wave_fills_up_before_it_waits(slow: int) -> None:
    """While recipients are left, a batch is claimed beyond the calls in flight; some that are slow change nothing."""
    body = {
        "recipients": [f"+569{number:08}" for number in range(MANY)],
        "sender": "96000",
        "message": {"text": "hello"},
    }
    job = take_in(QueueMessage("message", "handle", json.dumps(body), 1), Defaults())
    assert isinstance(job, Job)
    calls = _Calls(slow)
    wave = Wave(
        store=_Store(),
        calls=calls,
        breakers=_Closed(),
        look_up=_nobody,
        time=Clock(SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)),
        rules=Rules(),
        limits=Limits(IN_FLIGHT, 1, 10),
        owners=lambda: "owner",
    )
    wave.run([job])
    assert job.due_at is None
    assert set(calls.waited_with) == {IN_FLIGHT + BATCH}
