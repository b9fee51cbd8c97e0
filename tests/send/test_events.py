"""The files in events/send, each as it stands through the send function's handler, to what it is named for."""

from copy import deepcopy
from typing import Any

import pytest

from local.events import Event, differences, events_of
from local.fake_realtime import Simulator
from local.model_checker.table import fields
from realtime_sms.aws.table import REJECTED
from send.handler import lambda_handler
from tests.fakes.aws.account import FakeAws
from tests.fakes.lambda_context import Context

PAST = "2020-01-01T00:00:00.000Z"
_DELIVERIES = 3  # until what waits only for its time has its end


def _handled(event: Event, delivery: int) -> list[str]:
    """Deliver an event's messages once more; give the ids of those that the queue must keep."""
    payload: dict[str, Any] = deepcopy(event.payload)
    for record in payload["Records"]:
        record["attributes"]["ApproximateReceiveCount"] = str(delivery)
    reply = lambda_handler(payload, Context())  # type: ignore[arg-type]  # no more of it is asked for
    return [one["itemIdentifier"] for one in reply["batchItemFailures"]]


def _outcomes(aws: FakeAws, request_id: str) -> dict[str, dict[str, Any]]:
    found = {key[1]: dict(fields(item)) for key, item in aws.items.items() if key[0] == request_id}
    for item in found.values():
        item |= {name: int(item[name]) for name in ("charset", "segments", "attempt", "httpStatus") if name in item}
    return found


@pytest.mark.parametrize("event", list(events_of("send")), ids=lambda event: event.name)
def test_an_event_comes_to_what_it_is_named_for(fresh: FakeAws, realtime: Simulator, event: Event) -> None:
    """Its outcomes, its rejection, what the handsets show, and what stays on the queue."""
    realtime.reset()
    expected = event.expected
    (record,) = event.payload["Records"]
    for delivery in range(1, _DELIVERIES):
        kept = _handled(event, delivery)
        found = _outcomes(fresh, event.request_id(record["messageId"]))
        if not differences(expected.outcomes, found):
            break
        fresh.set_all("dueAt", PAST)
    assert differences(expected.outcomes, found) == []
    assert found.get(REJECTED, {}).get("reason") == expected.rejected
    assert [letter.attributes["reason"] for letter in fresh.dead_letters()] == [expected.rejected] * bool(
        expected.rejected
    )
    assert {message.recipient: message.text for message in realtime.inbox()} == expected.handsets
    assert kept == [record["messageId"]] * any(one["status"] == "waiting" for one in expected.outcomes.values())
