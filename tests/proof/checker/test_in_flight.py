"""A wave keeps as many calls in flight as it may: what it waits for is never room that it has."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace

import pytest

from realtime_sms.aws.invocation import Clock
from realtime_sms.aws.submissions import BATCH, Applied, Key, WriteResult
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from send.ports import Finished, Unit
from tests.proof.checker.waves import ACCEPTED, job_of, wave_of

MANY = 200
IN_FLIGHT = 50


class _Store:
    def read(self, _keys: Iterable[Key]) -> dict[Key, Submission]:
        return {}

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        return [Applied() for _ in changes]


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


@pytest.mark.parametrize("slow", [0, 1, 5])
def test_a_wave_fills_up_before_it_waits(slow: int) -> None:
    """While recipients are left, a batch is claimed beyond the calls in flight; some that are slow change nothing."""
    job, calls = job_of("message", MANY), _Calls(slow)
    time = Clock(SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000))
    wave_of(_Store(), calls, time, IN_FLIGHT).run([job])
    assert job.due_at is None
    assert set(calls.waited_with) == {IN_FLIGHT + BATCH}
