"""Whether a message may be claimed, and whether its call may begin: time, lease, breakers, slots."""

from typing import Any

import pytest

from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.rate_limit import Granted
from realtime_sms.vocabulary import Reason
from send.admission import WRITE_SECONDS, Admission, Permit
from tests.fakes.send_parts import INVOCATION, LEASE_UNTIL, NUMBERS, START, VirtualClock, message_to

CALL_SECONDS = 10
MESSAGE = message_to(NUMBERS[0])
EXPIRING = message_to(NUMBERS[0], expires_at=START + 5)


class Given:
    """A rate limit that gives these slots, and then none any more."""

    def __init__(self, clock: VirtualClock, *slots: float) -> None:
        self.left = list(slots)
        self._clock = clock

    def take(self, most: int) -> Granted:
        """Give the next ones."""
        given, self.left = self.left[:most], self.left[most:]
        return Granted(given, self._clock.at + 1)


class Breakers:
    """No breaker is open, until one is."""

    def __init__(self) -> None:
        self.found: OpenBreaker | None = None

    def open(self) -> OpenBreaker | None:
        """Give it."""
        return self.found


def _admission(clock: VirtualClock, *slots: float) -> Admission:
    given: Any = Given(clock, *slots)
    breakers: Any = Breakers()
    return Admission(breakers, clock, call_seconds=CALL_SECONDS, rate_limit=given)


def _unlimited(clock: VirtualClock, breakers: Breakers | None = None) -> Admission:
    own: Any = breakers or Breakers()
    return Admission(own, clock, call_seconds=CALL_SECONDS)


@pytest.mark.parametrize(
    ("slot", "given", "begins"),
    [
        pytest.param(START + 1, (), START + 1, id="waits for its slot"),
        pytest.param(START - 0.04, (), START, id="may be a little late"),
        pytest.param(START - 0.06, (START + 2,), START + 2, id="has missed it, and takes another"),
        pytest.param(None, (START + 2,), START + 2, id="has none, and takes one"),
        pytest.param(None, (), None, id="is not started where there is none in time"),
    ],
)
def test_a_call_begins_at_a_slot_or_not_at_all(
    slot: float | None, given: tuple[float, ...], begins: float | None
) -> None:
    """What is not started goes back to the queue."""
    clock = VirtualClock()
    started = _admission(clock, *given).to_call(MESSAGE, Permit(slot), lease_until=LEASE_UNTIL)
    assert (clock.at if started else None) == begins


def test_a_call_to_several_takes_a_slot_for_each() -> None:
    """And begins at the last."""
    clock = VirtualClock()
    admission = _admission(clock, START + 1, START + 2, START + 3)
    assert admission.to_call(message_to(*NUMBERS[:3]), Permit(), lease_until=LEASE_UNTIL)
    assert clock.at == START + 3


def test_a_claim_for_several_gets_the_last_of_their_slots() -> None:
    """Their call may begin then, and not before."""
    assert _admission(VirtualClock(), START + 1, START + 2, START + 3).to_claim(3) == Permit(START + 3)


def test_a_request_that_expires_before_its_slot_is_not_called_for() -> None:
    """The time is looked at right before the call, not only before the claim."""
    assert not _admission(VirtualClock()).to_call(EXPIRING, Permit(START + 6), lease_until=LEASE_UNTIL)


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    """A call may start if there is time for it."""
    clock = VirtualClock()
    admission = _unlimited(clock)
    assert admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)
    assert clock.at == START
    clock.at += 50
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)


def test_a_claim_leaves_time_for_its_call_and_its_outcome() -> None:
    """To the second: a claim without time for them would end as a wait, or as unknown."""
    clock = VirtualClock()
    admission = _unlimited(clock)
    clock.at = START + INVOCATION - CALL_SECONDS - WRITE_SECONDS - 1
    assert admission.to_claim(1) == Permit()
    clock.at += 1
    assert admission.to_claim(1) is None


@pytest.mark.parametrize(
    ("frozen", "may"),
    [
        pytest.param(LEASE_UNTIL - START - CALL_SECONDS - 1, True, id="the call would be over before the lease"),
        pytest.param(LEASE_UNTIL - START - CALL_SECONDS, False, id="the call could outlast the lease"),
        pytest.param(3600, False, id="an hour of freeze"),
    ],
)
def test_a_call_is_not_made_whose_lease_may_end_before_it(frozen: float, *, may: bool) -> None:
    """While an environment is frozen the time that its invocation has left stands still; the wall clock goes on.

    Somebody else ends the submission once its lease is over. A call after that would be a second one.
    """
    clock = VirtualClock()
    clock.frozen = frozen
    assert clock.remaining() == INVOCATION
    assert _unlimited(clock).to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL) is may


def test_a_freeze_while_a_call_waits_for_its_slot_keeps_it_from_being_made() -> None:
    """The lease is looked at again after each wait."""

    class Freezing(VirtualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            self.frozen = 3600

    assert not _admission(Freezing()).to_call(MESSAGE, Permit(START + 1), lease_until=LEASE_UNTIL)


def test_nothing_begins_while_a_breaker_is_open_or_once_the_invocation_is_halted() -> None:
    """Neither a claim nor a call."""
    clock, breakers = VirtualClock(), Breakers()
    admission = _unlimited(clock, breakers)
    breakers.found = OpenBreaker(Breaker.AUTH, Reason.UNAUTHORIZED, START)
    assert admission.to_claim(1) is None
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)
    breakers.found = None
    assert admission.to_claim(1) == Permit()
    admission.halt()
    assert admission.to_claim(1) is None
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)
