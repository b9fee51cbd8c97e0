"""A wave keeps as many calls in flight as it may: what it waits for is never room that it has."""

import json
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace

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
    """Ends a batch of calls each time it is waited for, and notes how many were begun and not over by then."""

    def __init__(self) -> None:
        self.begun: list[Unit] = []
        self.waited_with: list[int] = []

    def start(self, unit: Unit) -> None:
        self.begun.append(unit)

    def finished(self, most: int, within: float | None = None) -> list[Finished]:
        assert within is None
        self.waited_with.append(len(self.begun))
        over, self.begun = self.begun[:most], self.begun[most:]
        return [Finished(unit, [ACCEPTED]) for unit in over]


class _Closed:
    def open(self) -> None:
        return None

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        raise AssertionError((breaker, reason))


def _nobody(_numbers: Sequence[str]) -> Callable[[], frozenset[str]]:
    return frozenset


def test_a_wave_fills_up_before_it_waits() -> None:
    """While recipients are left, every wait is with at least as many calls begun as may be in flight."""
    body = {
        "recipients": [f"+569{number:08}" for number in range(MANY)],
        "sender": "96000",
        "message": {"text": "hello"},
    }
    job = take_in(QueueMessage("message", "handle", json.dumps(body), 1), Defaults())
    assert isinstance(job, Job)
    calls = _Calls()
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
    assert min(calls.waited_with[: MANY // BATCH - IN_FLIGHT // BATCH]) >= IN_FLIGHT
