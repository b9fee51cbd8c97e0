"""An account without balance: a thousand queued messages cost a handful of calls, and none is lost."""

from collections.abc import Callable

from local.simulation.explorer import quiet
from local.simulation.scenario import START, Scenario
from realtime_sms.submission import Rules
from tests.delivery.day import Day

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
