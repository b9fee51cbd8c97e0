"""Promotional messages go out within the sending hours only, to the second."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from realtime_sms.aws.rate_limit import Granted
from realtime_sms.outcomes.decide import Change, Hold, decide
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.requests.hours import Hours
from realtime_sms.vocabulary import MessageType, Reason, Status
from send.admission import Admission, Permit
from send.sending_hours import SendingHours
from tests.fakes.send_parts import LEASE_UNTIL, NUMBERS, START, VirtualClock, message_to
from tests.send.test_admission import Breakers

UTC = ZoneInfo("UTC")
# START is 00:16:40 of a Thursday in 1970
CLOSES_IN_20 = SendingHours(Hours.parse("Thu 00:00-00:17", "", UTC))
NIGHT, OPENING = (datetime(2026, 11, 27, hour, tzinfo=UTC).timestamp() for hour in (3, 9))
DAYTIME = SendingHours(Hours.parse("Mon-Fri 09:00-19:00", "", UTC))


def _promotional(request_id: str = "r-1", expires_at: float | None = None) -> Any:  # noqa: ANN401
    return message_to(NUMBERS[0], request_id=request_id, expires_at=expires_at, message_type=MessageType.PROMOTIONAL)


def _decided(expires_at: float | None) -> Submission:
    message = _promotional(expires_at=expires_at)
    hold = DAYTIME.hold(message, NIGHT)
    step = decide(message, NUMBERS[0], None, Rules(), owner="a", lease_until=NIGHT + 60, now=NIGHT, hold=hold)
    assert isinstance(step, Change)
    return step.after


def test_a_transactional_message_goes_out_at_any_hour() -> None:
    """A code at night is what it is for."""
    assert DAYTIME.hold(message_to(NUMBERS[0]), NIGHT) is None


def test_a_promotional_message_waits_for_the_opening_and_some_minutes() -> None:
    """Each has its own time within five minutes, and the same one whenever it is looked at."""
    holds = [DAYTIME.hold(_promotional(f"r-{number}"), NIGHT) for number in range(100)]
    assert holds == [DAYTIME.hold(_promotional(f"r-{number}"), NIGHT + 3600) for number in range(100)]
    due = [hold.until - OPENING for hold in holds if hold and hold.reason is Reason.OUTSIDE_HOURS]
    assert len(due) == 100
    assert 0 <= min(due) < 30
    assert 270 < max(due) <= 300
    assert DAYTIME.hold(_promotional(), OPENING) is None


def test_hours_shorter_than_the_spread_hold_no_message_past_their_end() -> None:
    """It would wait for the next day then."""
    brief = SendingHours(Hours.parse("Fri 09:00-09:02", "", UTC))
    holds = [brief.hold(_promotional(f"r-{number}"), NIGHT) for number in range(100)]
    assert all(hold and OPENING <= hold.until < OPENING + 60 for hold in holds)


@pytest.mark.parametrize(
    ("expires_at", "status"),
    [
        pytest.param(OPENING - 1, Status.EXPIRED, id="before the opening"),
        pytest.param(OPENING, Status.EXPIRED, id="at the opening"),
        pytest.param(OPENING + 1, Status.WAITING, id="a second after, whatever the spread"),
        pytest.param(None, Status.WAITING, id="never"),
    ],
)
def test_a_message_expires_at_once_if_it_would_before_the_opening(expires_at: float | None, status: Status) -> None:
    """Nobody waits for an end that is known."""
    after = _decided(expires_at)
    assert after.status is status
    if status is Status.WAITING:
        assert after.reason is Reason.OUTSIDE_HOURS
        assert after.due_at is not None
        assert OPENING <= after.due_at < (expires_at or OPENING + 301)


def _admission(clock: VirtualClock, hours: SendingHours, *slots: float) -> Admission:
    given: Any = type("Given", (), {"take": lambda *_: Granted(list(slots), START + 1)})()
    breakers: Any = Breakers()
    return Admission(breakers, clock, call_seconds=10, rate_limit=given, hours=hours)


@pytest.mark.parametrize(("slot", "may"), [(START + 19.9, True), (START + 20, False)])
def test_a_call_whose_slot_comes_after_the_closing_is_not_made(slot: float, *, may: bool) -> None:
    """It is not waited for either."""
    clock = VirtualClock()
    admission = _admission(clock, CLOSES_IN_20)
    assert admission.to_call(_promotional(), Permit(slot), lease_until=LEASE_UNTIL) is may
    assert clock.at == (slot if may else START)
    assert admission.to_call(message_to(NUMBERS[0]), Permit(START + 25), lease_until=LEASE_UNTIL)


def test_a_request_leaves_before_the_closing_or_not_at_all() -> None:
    """However long its connection takes."""
    clock = VirtualClock()
    admission = _admission(clock, CLOSES_IN_20)
    assert admission.latest(_promotional(), LEASE_UNTIL) == START + 20
    assert admission.latest(_promotional(), START + 10) == START + 10
    assert admission.latest(message_to(NUMBERS[0]), LEASE_UNTIL) == LEASE_UNTIL
    clock.at = START + 20.5
    assert admission.latest(_promotional(), LEASE_UNTIL) <= clock.at


def test_a_lane_outside_its_hours_is_shut() -> None:
    """So an invocation that finds it so waits, as with an open breaker."""
    clock = VirtualClock()
    admission = _admission(clock, CLOSES_IN_20)
    assert admission.outside_hours(_promotional(), START) is None
    assert not admission.shut
    assert isinstance(admission.outside_hours(_promotional(), START + 20), Hold)
    assert admission.shut
