"""As many calls are in flight as may be: a slow one holds up nobody, and its place alone is taken."""

from collections.abc import Sequence
from threading import Barrier, Event, Lock

import pytest

from realtime_sms.aws.submissions import WriteResult
from realtime_sms.aws.table import BATCH
from realtime_sms.outcomes.decide import Change
from realtime_sms.provider.verdict import Verdict
from realtime_sms.requests.prepare import Message
from tests.proof.checker.batches import ACCEPTED, Environment, Patient, Store, job_of

IN_FLIGHT = 50
ROUNDS = 4
_LONG = 30  # seconds after which a test fails that waits in vain


class _Store(Store):
    """A table that notes when a batch more is claimed than can be called."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = Event()

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        applied = super().apply(changes)
        if len(self.items) >= IN_FLIGHT + BATCH:
            self.ahead.set()
        return applied


class _Calls:
    """The first calls end last; the others end when all places that are left are taken, and claims are ahead."""

    def __init__(self, slow: int, store: _Store) -> None:
        self.most = 0
        self._slow = slow
        self._store = store
        self._full = Barrier(IN_FLIGHT - slow, timeout=_LONG)
        self._others_are_over = Event()
        self._lock = Lock()
        self._started = self._in_flight = self._over = 0

    def __call__(self, _message: Message) -> Verdict:
        with self._lock:
            slow = self._started < self._slow
            self._started += 1
            self._in_flight += 1
            self.most = max(self.most, self._in_flight)
        if slow:
            assert self._others_are_over.wait(_LONG)
        else:
            assert self._store.ahead.wait(_LONG)
            self._full.wait()
        with self._lock:
            self._in_flight -= 1
            self._over += 1
            if self._over == ROUNDS * (IN_FLIGHT - self._slow):
                self._others_are_over.set()
        return ACCEPTED


@pytest.mark.parametrize("slow", [0, 1, 5])
def test_every_place_is_taken_while_messages_are_left(slow: int) -> None:
    """A batch is claimed beyond the calls in flight; some calls that are slow change nothing for the others."""
    store = _Store()
    job, calls = job_of("message", slow + ROUNDS * (IN_FLIGHT - slow)), _Calls(slow, store)
    with Environment(IN_FLIGHT) as environment:
        environment.deliver(job, store, Patient(), calls)
    assert job.due_at is None
    assert calls.most == IN_FLIGHT
