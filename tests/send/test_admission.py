"""Whether a message may be claimed, and whether its call may begin: time, lease, breakers, slots."""

from typing import Any

import pytest

from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.rate_limit import Granted
from realtime_sms.vocabulary import MessageType, Reason
from send.admission import WRITE_SECONDS, Admission, Permit
from tests.fakes.send_parts import INVOCATION, LEASE_UNTIL, NUMBERS, START, VirtualClock, message_to

CALL_SECONDS = 10
MESSAGE = message_to(NUMBERS[0])
PROMOTIONAL = message_to(NUMBERS[0], message_type=MessageType.PROMOTIONAL)
EXPIRING = message_to(NUMBERS[0], expires_at=START + 5)


class Given:
    """A rate limit that gives these slots, and then none any more."""

    def __init__(self, clock: VirtualClock, *slots: float) -> None:
        self.left = list(slots)
        self.asked: list[tuple[int, MessageType]] = []
        self._clock = clock

    def take(self, most: int, message_type: MessageType) -> Granted:
        """Return the next slots."""
        self.asked.append((most, message_type))
        given, self.left = self.left[:most], self.left[most:]
        return Granted(given, self._clock.at + 1)


class Breakers:
    """No breaker is open, until one is."""

    def __init__(self) -> None:
        self.found: OpenBreaker | None = None
        self.probes = 1
        self.paused = frozenset[MessageType]()

    def open(self) -> OpenBreaker | None:
        """Return the breaker that is open."""
        return self.found

    def take_probe(self, _opened: OpenBreaker) -> bool:
        """Return True for as many probes as there are."""
        self.probes -= 1
        return self.probes >= 0


def _admission(clock: VirtualClock, *slots: float, breakers: Breakers | None = None) -> Admission:
    given: Any = Given(clock, *slots)
    own: Any = breakers or Breakers()
    return Admission(own, clock, call_seconds=CALL_SECONDS, rate_limit=given)


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
    assert _admission(VirtualClock(), START + 1, START + 2, START + 3).to_claim(MESSAGE, 3) == Permit(START + 3)


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
    assert admission.to_claim(MESSAGE, 1) == Permit()
    clock.at += 1
    assert admission.to_claim(MESSAGE, 1) is None


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
    assert admission.to_claim(MESSAGE, 1) is None
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)
    breakers.found = None
    assert admission.to_claim(MESSAGE, 1) == Permit()
    admission.halt()
    assert admission.to_claim(MESSAGE, 1) is None
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)


WRONG_ADDRESS = OpenBreaker(Breaker.ENDPOINT, Reason.WRONG_ADDRESS, START)


@pytest.mark.parametrize("limited", [True, False], ids=["with a rate limit", "without"])
def test_one_message_may_probe_a_wrong_address_and_no_other(limited: bool) -> None:  # noqa: FBT001
    """It needs no slot of the rate limit, for nothing is sent beside it."""
    clock, breakers = VirtualClock(), Breakers()
    admission = _admission(clock, breakers=breakers) if limited else _unlimited(clock, breakers)
    breakers.found = WRONG_ADDRESS
    probe = admission.to_claim(MESSAGE, 1)
    assert probe == Permit(probe=WRONG_ADDRESS)
    assert admission.to_claim(MESSAGE, 1) is None
    assert admission.to_call(MESSAGE, probe, lease_until=LEASE_UNTIL)
    assert not admission.to_call(MESSAGE, Permit(), lease_until=LEASE_UNTIL)
    assert clock.at == START


def test_a_probe_is_held_to_its_lease_its_expiry_and_the_time() -> None:
    """As every call."""
    clock, breakers = VirtualClock(), Breakers()
    breakers.found, probe = WRONG_ADDRESS, Permit(probe=WRONG_ADDRESS)
    admission = _unlimited(clock, breakers)
    assert not admission.to_call(MESSAGE, probe, lease_until=START + CALL_SECONDS)
    clock.at = START + 6
    assert not admission.to_call(EXPIRING, probe, lease_until=LEASE_UNTIL)
    clock.at = START + INVOCATION - CALL_SECONDS - WRITE_SECONDS
    assert not admission.to_call(MESSAGE, probe, lease_until=LEASE_UNTIL)
    assert admission.to_claim(MESSAGE, 1) is None
    assert breakers.probes == 1


def test_no_other_breaker_is_probed() -> None:
    """The maintenance function closes them by *Get balance*."""
    breakers = Breakers()
    breakers.found = OpenBreaker(Breaker.BALANCE, Reason.NO_BALANCE, START)
    assert _unlimited(VirtualClock(), breakers).to_claim(MESSAGE, 1) is None
    assert breakers.probes == 1


@pytest.mark.parametrize("breaker", [None, WRONG_ADDRESS], ids=["no breaker is open", "one could be probed"])
def test_a_paused_lane_sends_nothing_and_the_other_one_goes_on(breaker: OpenBreaker | None) -> None:
    """Neither a claim, nor the call of what is claimed, nor a probe."""
    breakers = Breakers()
    admission = _unlimited(VirtualClock(), breakers)
    assert admission.to_claim(PROMOTIONAL, 1) == Permit()
    breakers.paused, breakers.found = frozenset({MessageType.PROMOTIONAL}), breaker
    assert admission.to_claim(PROMOTIONAL, 1) is None
    assert not admission.to_call(PROMOTIONAL, Permit(probe=breaker), lease_until=LEASE_UNTIL)
    assert admission.shut
    assert not admission.only_time_is_short(called=False)
    assert breakers.probes == 1
    assert admission.to_claim(MESSAGE, 1) == Permit(probe=breaker)


@pytest.mark.parametrize(("gone", "waits"), [(0, 20), (40, INVOCATION - 40 - WRITE_SECONDS), (58, 0)])
def test_an_invocation_whose_lane_is_shut_waits_as_long_as_it_has_time(gone: float, waits: float) -> None:
    """It keeps what it needs to put its messages off."""
    clock, breakers = VirtualClock(), Breakers()
    admission = _unlimited(clock, breakers)
    assert not admission.shut
    breakers.found = OpenBreaker(Breaker.BALANCE, Reason.NO_BALANCE, START)
    admission.to_claim(MESSAGE, 1)
    assert admission.shut
    clock.at += gone
    admission.wait_while_shut()
    assert clock.at - START - gone == waits


def test_slots_are_asked_for_by_message_type() -> None:
    """A promotional message has only its share of the rate."""
    clock, breakers = VirtualClock(), Breakers()
    own: Any = breakers
    given: Any = Given(clock, START + 1, START + 2)
    admission = Admission(own, clock, call_seconds=CALL_SECONDS, rate_limit=given)
    assert [admission.to_claim(message, 1) for message in (MESSAGE, PROMOTIONAL)] == [
        Permit(START + 1),
        Permit(START + 2),
    ]
    assert given.asked == [(1, MessageType.TRANSACTIONAL), (1, MessageType.PROMOTIONAL)]
