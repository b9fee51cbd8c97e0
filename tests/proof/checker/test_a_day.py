"""An account in trouble for a day: a thousand queued messages cost a handful of calls, and none is lost."""

from collections.abc import Callable
from itertools import islice

from local.model_checker.explorer import quiet
from local.model_checker.scenario import START, Scenario
from realtime_sms.outcomes.submission import Rules
from tests.proof.checker.day import Day

MESSAGES = 1000
HOURS = 24
ENVIRONMENTS = 5
CALLS_IN_FLIGHT = 8
MOST_RECEIVES = 1000  # the template's maxReceiveCount, at which SQS would make a dead letter


def test_a_day_without_balance_costs_no_more_calls_than_are_in_flight(
    record_property: Callable[[str, object], None],
) -> None:
    """A thousand messages wait for 24 hours, none becomes a dead letter, and after the top-up each is sent once."""
    scenario = Scenario("a day", (), calls_in_flight=CALLS_IN_FLIGHT, rules=Rules())
    day = Day(scenario, messages=MESSAGES, environments=ENVIRONMENTS)
    with quiet():
        day.pass_until(START + HOURS * 3600)
        assert day.posts <= ENVIRONMENTS * CALLS_IN_FLIGHT
        assert len(day.visible) == MESSAGES
        most = max(day.receives.values())
        assert most < MOST_RECEIVES
        posts, day.balance = day.posts, 100_000
        day.pass_until(day.now + 3600)
    record_property("tried", f"no balance: {posts} POSTs and {most} receives at most in {HOURS} h; then all were sent")
    assert not day.visible
    assert day.statuses == {"submitted": MESSAGES}
    assert set(day.accepted.values()) == {1}
    assert len(day.accepted) == MESSAGES


def test_a_refresh_that_failed_is_asked_for_until_it_succeeds(record_property: Callable[[str, object], None]) -> None:
    """The token is dead and no other is to be had for two hours: no call goes out, and then each message is sent once.

    The sender asks only while it may call; it is the watch function that asks again.
    """
    scenario = Scenario("a day", (), calls_in_flight=CALLS_IN_FLIGHT, rules=Rules())
    day = Day(scenario, messages=MESSAGES, environments=ENVIRONMENTS)
    day.balance, day.token_lives, day.can_refresh = 100_000, False, False
    with quiet():
        day.pass_until(START + 2 * 3600)
        assert day.posts <= 2 * ENVIRONMENTS * CALLS_IN_FLIGHT  # with the one token and with the other
        assert len(day.visible) == MESSAGES
        posts, asked, day.can_refresh = day.posts, day.refreshes, True
        day.pass_until(day.now + 3600)
    record_property("tried", f"no token: {posts} POSTs and {asked} refreshes asked for in 2 h; then all were sent")
    assert asked > 1
    assert not day.visible
    assert set(day.accepted.values()) == {1}
    assert len(day.accepted) == MESSAGES


def test_a_wrong_address_is_probed_ever_less_often_and_fails_no_message(
    record_property: Callable[[str, object], None],
) -> None:
    """A thousand messages wait for 24 hours; the first probe of the right address lets all of them through."""
    scenario = Scenario("a day", (), calls_in_flight=CALLS_IN_FLIGHT, rules=Rules())
    day = Day(scenario, messages=MESSAGES, environments=ENVIRONMENTS)
    day.balance, day.address_is_right = 100_000, False
    with quiet():
        day.pass_until(START + HOURS * 3600)
        probes = 6 + HOURS * 2  # after 0, 1, 2, 4, 8 and 16 minutes, then twice an hour
        assert ENVIRONMENTS * CALLS_IN_FLIGHT < day.posts <= ENVIRONMENTS * CALLS_IN_FLIGHT + probes
        assert day.statuses.keys() <= {"waiting"}
        assert max(day.receives.values()) < MOST_RECEIVES
        posts, day.address_is_right = day.posts, True
        day.pass_until(day.now + 2 * 3600)
    record_property("tried", f"wrong address: {posts} POSTs in {HOURS} h; then all were sent")
    assert not day.visible
    assert day.statuses == {"submitted": MESSAGES}
    assert set(day.accepted.values()) == {1}


MANY = 200_000
LANES = 7  # environments: MaxConcurrency and PromotionalConcurrency of the template


def _many() -> Day:
    scenario = Scenario("a day", (), calls_in_flight=CALLS_IN_FLIGHT, rules=Rules())
    return Day(scenario, messages=MANY, environments=LANES)


def test_a_breaker_on_a_long_queue_closes_its_lane_before_much_is_received(
    record_property: Callable[[str, object], None],
) -> None:
    """Of 200,000 messages few are received; a day later none is a dead letter, and the lane opens by itself."""
    day = _many()
    with quiet():
        day.pass_until(START + HOURS * 3600)
        assert day.received is not None
        assert LANES * CALLS_IN_FLIGHT < day.received < 2000
        assert day.receives.total() < 2000
        assert day.posts <= LANES * CALLS_IN_FLIGHT
        assert len(day.visible) == MANY
        received, day.balance = day.received, MANY
        day.visible = dict(islice(day.visible.items(), MESSAGES))  # those received, and some more: all would take long
        day.pass_until(day.now + 3600)
    record_property("tried", f"200,000 queued and no balance: {received} received before the lane was closed")
    assert received < MESSAGES
    assert not day.visible
    assert set(day.accepted.values()) == {1}
    assert len(day.accepted) == MESSAGES


def test_a_lane_with_a_wrong_address_is_opened_for_probes_alone(record_property: Callable[[str, object], None]) -> None:
    """It is closed again each time, so that no message is received often."""
    day = _many()
    day.balance, day.address_is_right = MANY, False
    with quiet():
        day.pass_until(START + HOURS * 3600)
        assert day.received is not None
        assert day.received < 2000
        assert max(day.receives.values()) < MOST_RECEIVES / 5
        assert len(day.visible) == MANY
        assert 20 < day.posts - LANES * CALLS_IN_FLIGHT <= 6 + HOURS * 2
    most = max(day.receives.values())
    record_property("tried", f"200,000 queued and a wrong address: {day.posts} POSTs, {most} receives of one at most")
