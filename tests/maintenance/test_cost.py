"""What a message cost and how long it took: asked once, after its final delivery, and never before overdue reports."""

import json
from dataclasses import replace
from typing import Any

import pytest

from maintenance.status_queries import StatusQueries, ask_cost
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import Submissions, from_item
from realtime_sms.aws.table import Table
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider.calls import Call, CallResult, Reply, ReplyLost
from realtime_sms.provider.reports import DeliveryUpdate
from realtime_sms.vocabulary import Delivery
from tests.callbacks.test_callbacks import ID, TAKEN, plant
from tests.conftest import Store
from tests.fakes.submissions import NOW

KEY = (TAKEN.request_id, TAKEN.recipient)
TIMES = {"registered": 1_800_000_000, "sent": 1_800_000_001, "done": 1_800_000_007}
INFO = {"status": {"code": "1", "status": "DELIVERED"}, "cost": "12.34", "operator": {"name": "Entel"}}


class _Open:
    def open(self) -> None:
        """Return no breaker: none is open."""


class RealTime:
    """RealTime, which is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.reply: CallResult = Reply(200, json.dumps({"timestamps": TIMES, "info": INFO}).encode())

    def __call__(self, _call: Call) -> CallResult:
        """Answer."""
        self.asked += 1
        return self.reply


@pytest.fixture
def realtime() -> RealTime:
    """Return RealTime."""
    return RealTime()


def _table(store: Store) -> Table:
    return Table(store.client, store.table, ttl_days=45)


def _deliver(store: Store, delivery: Delivery = Delivery.DELIVERED, *, asked: bool = True) -> None:
    plant(store, TAKEN)
    assert Deliveries(_table(store), ask_cost=asked).record(KEY, ID, DeliveryUpdate(delivery), NOW)


def _run(store: Store, realtime: RealTime, *, most: int = 10, after: float = 61) -> int:
    breakers: Any = _Open()
    queries = StatusQueries(realtime, lambda: "token", breakers, most=most)
    table = _table(store)
    return ask_cost(Deliveries(table), Submissions(table), queries, NOW + after)


def _held(store: Store) -> Submission:
    (item,) = store.items()
    return from_item(item)


def test_it_is_asked_once_and_kept(store: Store, realtime: RealTime) -> None:
    """A minute after the report; the seconds are by RealTime's own clock."""
    _deliver(store)
    assert _run(store, realtime, after=59) == 0
    assert _run(store, realtime) == 1
    held = _held(store)
    assert (held.cost, held.operator, held.handset_seconds) == ("12.34", {"name": "Entel"}, 7)
    assert (held.handed_over_at, held.done_at) == (TIMES["sent"], TIMES["done"])
    assert _run(store, realtime) == 0
    assert realtime.asked == 1
    assert not store.items()[0].keys() & {"openShard", "openUntil"}


def test_what_never_reached_a_handset_has_no_time_to_it(store: Store, realtime: RealTime) -> None:
    """But it has a cost."""
    told = {**INFO, "status": {"code": "3", "status": "UNDELIVERED"}}
    realtime.reply = Reply(200, json.dumps({"timestamps": TIMES, "info": told}).encode())
    _deliver(store, Delivery.UNDELIVERED)
    assert _run(store, realtime) == 1
    assert (_held(store).cost, _held(store).handset_seconds) == ("12.34", None)


@pytest.mark.parametrize("delivery", [Delivery.PENDING, Delivery.DELIVERED])
def test_what_is_not_wanted_or_not_final_is_not_asked(store: Store, realtime: RealTime, delivery: Delivery) -> None:
    """With CostAskedPerMinute 0 nothing is put on the list."""
    _deliver(store, delivery, asked=delivery is Delivery.PENDING)
    assert (_run(store, realtime), realtime.asked) == (0, 0)


def test_without_an_answer_it_is_asked_again(store: Store, realtime: RealTime) -> None:
    """And with an answer that tells nothing, it is not."""
    _deliver(store)
    good, realtime.reply = realtime.reply, ReplyLost("timeout")
    assert _run(store, realtime) == 0
    realtime.reply = good
    assert _run(store, realtime) == 1
    plant(store, replace(TAKEN, request_id="r-2"))


def test_no_more_are_asked_in_a_minute_than_allowed(store: Store, realtime: RealTime) -> None:
    """The others stay for the next."""
    table = _table(store)
    for number in range(5):
        one = replace(TAKEN, request_id=f"r-{number}")
        plant(store, one)
        Deliveries(table, ask_cost=True).record(
            (one.request_id, one.recipient), ID, DeliveryUpdate(Delivery.DELIVERED), NOW
        )
    assert [_run(store, realtime, most=3), _run(store, realtime, most=3)] == [3, 2]
