"""Slots: how they are reserved of a second's counter."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from realtime_sms.aws.rate_limit import AHEAD, LEAD, PROMOTIONAL_AHEAD, Granted, Rate, RateLimit
from realtime_sms.aws.table import RATE, Table
from realtime_sms.vocabulary import MessageType
from tests.fakes.aws.models import Checked
from tests.fakes.quiet import quiet

NOW = 1_000.0 - LEAD  # the first slot that can be reserved is that with which a second begins


class Counters:
    """The table: both counters for each second."""

    def __init__(self, **taken: int) -> None:
        self.taken = dict(taken)
        self.promotional: dict[str, int] = {}
        self.asked: list[str] = []
        self.failing = False

    def update_item(self, *, Key: Any, ExpressionAttributeValues: Any, **_: object) -> Any:  # noqa: ANN401, N803 (boto3's)
        """Count, or fail."""
        if self.failing:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")
        second, values = Key["requestId"]["S"].removeprefix(RATE + "."), ExpressionAttributeValues
        self.asked.append(second)
        if ":room" in values:
            held = self.promotional.get(second, 0)
            if held > int(values[":room"]["N"]):
                item: Any = {"promotional": {"N": str(held)}}
                refused: Any = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": item}
                raise ClientError(refused, "UpdateItem")
            self.promotional[second] = held + int(values[":wanted"]["N"])
        self.taken[second] = self.taken.get(second, int(values[":first"]["N"])) + int(values[":wanted"]["N"])
        return {"Attributes": {"taken": {"N": str(self.taken[second])}}}


def _rate_limit(counters: Counters, now: Callable[[], float] = lambda: NOW, most: int = 10) -> RateLimit:
    client: Any = Checked("dynamodb", counters)
    return RateLimit(Table(client, "outcomes"), Rate(most, most * 8 // 10), now=now, jitter=lambda: 0)


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


def test_promotional_messages_get_their_share_of_a_second_and_no_more() -> None:
    """The rest is left to others, also to other environments."""
    counters = Counters()
    first, second = _rate_limit(counters), _rate_limit(counters)
    assert len(first.take(5, MessageType.PROMOTIONAL).slots) == 5
    assert second.take(5, MessageType.PROMOTIONAL).slots == [1000.5, 1000.6, 1000.7]
    for one in (first, second):
        assert one.take(5, MessageType.PROMOTIONAL) == Granted([], 1001 - LEAD - PROMOTIONAL_AHEAD)
    assert first.take(5).slots == [1000.8, 1000.9]
    assert counters.taken == {"1000": 13}


def test_a_share_that_is_gone_is_not_asked_for_twice() -> None:
    """Neither is what a whole second has not left."""
    counters = Counters(**{"1000": 10})
    rate_limit = _rate_limit(counters)
    assert rate_limit.take(9, MessageType.PROMOTIONAL).slots == []
    assert rate_limit.take(9, MessageType.PROMOTIONAL).slots == []
    assert counters.asked == ["1000"]


def test_transactional_messages_may_have_every_slot() -> None:
    """Whoever comes first: then a campaign gets none of this second."""
    counters = Counters()
    assert len(_rate_limit(counters).take(10).slots) == 10
    assert _rate_limit(counters).take(5, MessageType.PROMOTIONAL).slots == []


def test_a_campaign_asks_for_the_next_second_after_all_others() -> None:
    """A code that waits for it has had its slot by then."""
    full = {"1000": 10}
    earliest = _rate_limit(Counters(**full)).take(1, MessageType.PROMOTIONAL).ask_again
    client: Any = Checked("dynamodb", Counters(**full))
    late = RateLimit(Table(client, "outcomes"), Rate(10, 8), now=lambda: NOW, jitter=lambda: 1)
    assert earliest >= late.take(1).ask_again
