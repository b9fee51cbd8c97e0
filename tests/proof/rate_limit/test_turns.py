"""Turns: how they are reserved of a second's counter, and what a call does that has missed its own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.model_checker.delivery import drafts_of
from local.model_checker.explorer import quiet
from local.model_checker.scenario import Sent
from realtime_sms.aws.rate import Rate
from realtime_sms.aws.rate_limit import AHEAD, LEAD, PARTITION, Granted, RateLimit
from realtime_sms.provider.calls import Call, CallResult, Reply
from send.limits import Limits
from send.ports import Unit
from send.submitter import Submitter
from send.turn import Turns

NOW = 1_000.0 - LEAD  # the first turn that can be reserved is that with which a second begins
UNIT = Unit(tuple(drafts_of(Sent(("+56911111111",)).body(None))))
EXPIRING = tuple(replace(draft, expires_at=NOW + 5) for draft in UNIT.drafts)


class Counters:
    """The table: a counter for each second."""

    def __init__(self, **taken: int) -> None:
        self.taken = dict(taken)
        self.asked: list[str] = []
        self.failing = False

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: object) -> Any:  # noqa: ANN401, N803 (boto3's)
        """Count, or fail."""
        if self.failing:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
        second, values = Key["requestId"]["S"].removeprefix(PARTITION + "."), ExpressionAttributeValues
        self.asked.append(second)
        self.taken[second] = self.taken.get(second, int(values[":first"]["N"])) + int(values[":wanted"]["N"])
        return {"Attributes": {"taken": {"N": str(self.taken[second])}}}


def _pace(counters: Counters, now: Callable[[], float] = lambda: NOW, most: int = 10) -> RateLimit:
    client: Any = counters
    return RateLimit(client, "outcomes", Rate(most), now=now, jitter=lambda: 0)


def test_turns_are_spread_over_their_second() -> None:
    """Number n of m comes n/m into it."""
    assert _pace(Counters()).take(3).turns == [1000.0, 1000.1, 1000.2]


def test_what_others_took_is_not_given_again() -> None:
    """And of a block that goes beyond the second's end only what lies before it."""
    assert _pace(Counters(**{"1000": 8})).take(5).turns == [1000.8, 1000.9]


def test_a_second_that_is_gone_is_not_asked_for_twice() -> None:
    """The next within reach is; when none is left, the time is told at which there will be one."""
    counters = Counters(**{"1000": 10})
    pace = _pace(counters)
    granted = pace.take(2)
    assert granted == Granted([], 1001 - LEAD - AHEAD)
    assert pace.take(2) == granted
    assert counters.asked == ["1000"]


def test_turns_that_went_by_unused_are_not_given() -> None:
    """Where nobody asked for them they are passed over, at the price of one more call at most."""
    counters = Counters()
    late = _pace(counters, now=lambda: NOW + 0.5)
    assert late.take(2).turns == [1000.5, 1000.6]
    counters.taken["1000"] = 1
    assert late.take(2).turns == [1000.5, 1000.6]
    assert len(counters.asked) == 3


def test_a_table_that_fails_gives_no_turn_and_is_not_pressed() -> None:
    """It is asked again a second later."""
    counters = Counters()
    counters.failing = True
    with quiet():
        assert _pace(counters).take(5) == Granted([], NOW + 1)


class Minute:
    """A minute of an invocation, which passes only in sleep."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        """Give the epoch seconds."""
        return self.at

    def remaining(self) -> float:
        """Give the seconds of the minute that are left."""
        return NOW + 60 - self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds

    def jitter(self) -> float:
        """Give none."""
        return 0


class Given:
    """A rate limit that gives these turns, and then none any more."""

    def __init__(self, minute: Minute, *turns: float) -> None:
        self.left = list(turns)
        self._minute = minute

    def take(self, most: int) -> Granted:
        """Give the next ones."""
        given, self.left = self.left[:most], self.left[most:]
        return Granted(given, self._minute.at + 1)


def _turns(minute: Minute, *given: float) -> Turns:
    return Turns(Limits(10, 1, call_seconds=10), minute, Given(minute, *given))


@pytest.mark.parametrize(
    ("turn", "given", "begins"),
    [
        pytest.param(NOW + 1, (), NOW + 1, id="waits for its turn"),
        pytest.param(NOW - 0.04, (), NOW, id="may be a little late"),
        pytest.param(NOW - 0.06, (NOW + 2,), NOW + 2, id="has missed it, and takes another"),
        pytest.param(None, (NOW + 2,), NOW + 2, id="has none, and takes one"),
        pytest.param(None, (), None, id="is not started where there is none in time"),
    ],
)
def test_a_call_begins_at_a_turn_or_not_at_all(
    turn: float | None, given: tuple[float, ...], begins: float | None
) -> None:
    """What is not started goes back to the queue."""
    minute = Minute()
    started = _turns(minute, *given).may_start(Unit(UNIT.drafts, turn))
    assert (minute.at if started else None) == begins


def test_a_call_to_several_takes_a_turn_for_each() -> None:
    """And begins at the last."""
    minute = Minute()
    turns = _turns(minute, NOW + 1, NOW + 2, NOW + 3)
    assert turns.may_start(Unit(UNIT.drafts * 3))
    assert minute.at == NOW + 3


def test_a_request_that_expires_before_its_turn_is_not_called_for() -> None:
    """The time is looked at right before the call, not only before the claim."""
    assert not _turns(Minute()).may_start(Unit(EXPIRING, NOW + 6))


def test_without_a_limit_there_is_nothing_to_wait_for() -> None:
    """A call may start if there is time for it."""
    minute = Minute()
    turns = Turns(Limits(10, 1, call_seconds=10), minute)
    assert turns.may_start(UNIT)
    minute.at += 50
    assert not turns.may_start(UNIT)


class Tokens:
    """Two tokens."""

    def current(self) -> str:
        """Give the first."""
        return "first"

    def renewed(self, _refused: str) -> str:
        """Give the second."""
        return "second"


def test_the_second_call_after_a_refused_token_takes_a_turn_of_its_own() -> None:
    """For RealTime it is one call more."""
    minute = Minute()
    begun: list[float] = []

    def refuse(_call: Call) -> CallResult:
        begun.append(minute.at)
        return Reply(401)

    Submitter(refuse, Tokens(), may_start=_turns(minute, NOW + 5).may_start).submit(Unit(UNIT.drafts, NOW + 1))
    assert begun == [NOW + 1, NOW + 5]
