"""Slots: how they are reserved of a second's counter."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from realtime_sms.aws.rate_limit import AHEAD, LEAD, Granted, Rate, RateLimit
from realtime_sms.aws.table import RATE, Table
from tests.fakes.aws.models import Checked
from tests.fakes.quiet import quiet

NOW = 1_000.0 - LEAD  # the first slot that can be reserved is that with which a second begins


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
        second, values = Key["requestId"]["S"].removeprefix(RATE + "."), ExpressionAttributeValues
        self.asked.append(second)
        self.taken[second] = self.taken.get(second, int(values[":first"]["N"])) + int(values[":wanted"]["N"])
        return {"Attributes": {"taken": {"N": str(self.taken[second])}}}


def _rate_limit(counters: Counters, now: Callable[[], float] = lambda: NOW, most: int = 10) -> RateLimit:
    client: Any = Checked("dynamodb", counters)
    return RateLimit(Table(client, "outcomes"), Rate(most), now=now, jitter=lambda: 0)


def test_slots_are_spread_over_their_second() -> None:
    """Number n of m comes n/m into it."""
    assert _rate_limit(Counters()).take(3).slots == [1000.0, 1000.1, 1000.2]


def test_what_others_took_is_not_given_again() -> None:
    """And of a block that goes beyond the second's end only what lies before it."""
    assert _rate_limit(Counters(**{"1000": 8})).take(5).slots == [1000.8, 1000.9]


def test_a_second_that_is_gone_is_not_asked_for_twice() -> None:
    """The next within reach is; when none is left, the time is told at which there will be one."""
    counters = Counters(**{"1000": 10})
    rate_limit = _rate_limit(counters)
    granted = rate_limit.take(2)
    assert granted == Granted([], 1001 - LEAD - AHEAD)
    assert rate_limit.take(2) == granted
    assert counters.asked == ["1000"]


def test_slots_that_went_by_unused_are_not_given() -> None:
    """Where nobody asked for them they are passed over, at the price of one more call at most."""
    counters = Counters()
    late = _rate_limit(counters, now=lambda: NOW + 0.5)
    assert late.take(2).slots == [1000.5, 1000.6]
    counters.taken["1000"] = 1
    assert late.take(2).slots == [1000.5, 1000.6]
    assert len(counters.asked) == 3


def test_a_table_that_fails_gives_no_slot_and_is_not_pressed() -> None:
    """It is asked again a second later."""
    counters = Counters()
    counters.failing = True
    with quiet():
        assert _rate_limit(counters).take(5) == Granted([], NOW + 1)
