"""From a batch of stream records to events, each at least once and in order, whatever the bus does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from announce.handler import Announcer
from realtime_sms.aws.event_bus import EventBus, TimedEvent
from realtime_sms.aws.submissions import UnreadableItemError, from_item
from realtime_sms.outcomes.event import event_of
from realtime_sms.outcomes.submission import Submission
from tests.fakes.aws.models import Checked
from tests.fakes.submissions import FAILED, SENDING, SUBMITTED, item_of

BUS = "a-bus"


class EventBridge:
    """A bus that refuses as it is told to: by call, all of it or the entries whose request id is named."""

    def __init__(self, *refusals: str | set[str]) -> None:
        self.calls: list[Sequence[Mapping[str, Any]]] = []
        self.taken: list[str] = []
        self._refusals = list(refusals)

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        """Take entries, or not."""
        self.calls.append(Entries)
        refusal = self._refusals.pop(0) if self._refusals else set()
        if isinstance(refusal, str):
            raise ClientError({"Error": {"Code": refusal, "Message": ""}}, "PutEvents")
        details = [json.loads(entry["Detail"]) for entry in Entries]
        ids = [detail.get("requestId") or detail["number"] for detail in details]
        self.taken += [request_id for request_id in ids if request_id not in refusal]
        return {
            "Entries": [
                {"ErrorCode": "ThrottlingException"} if request_id in refusal else {"EventId": request_id}
                for request_id in ids
            ]
        }


def _announcer(bridge: EventBridge) -> Announcer:
    return Announcer(EventBus(cast("Any", Checked("events", bridge)), BUS, pause=lambda _seconds: None))


def _record(number: int, before: Submission | None, after: Submission | None) -> dict[str, Any]:
    images = {"OldImage": before, "NewImage": after}
    change = {name: item_of(image) for name, image in images.items() if image is not None}
    return {"dynamodb": change | {"SequenceNumber": str(number), "ApproximateCreationDateTime": 1_800_000_000}}


def _submitted(number: int) -> dict[str, Any]:
    return _record(number, SENDING, replace(SUBMITTED, request_id=f"r-{number}"))


def _ids(*numbers: int) -> list[str]:
    return [f"r-{number}" for number in numbers]


def test_events_go_out_ten_a_call_in_their_order() -> None:
    """Which is what a PutEvents takes."""
    bridge = EventBridge()
    assert _announcer(bridge).announce([_submitted(number) for number in range(25)]) is None
    assert [len(entries) for entries in bridge.calls] == [10, 10, 5]
    assert bridge.taken == _ids(*range(25))


def test_an_entry_names_the_bus_the_source_and_the_time() -> None:
    """And its detail is JSON."""
    bridge = EventBridge()
    _announcer(bridge).announce([_submitted(1)])
    ((entry,),) = bridge.calls
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (BUS, "realtime-sms", "SMS Outcome Changed")
    assert entry["Time"].isoformat() == "2027-01-15T08:00:00+00:00"
    assert json.loads(entry["Detail"])["version"] == "1"


def test_what_calls_for_no_event_costs_no_call() -> None:
    """Claims among them, where the filter let one through."""
    bridge = EventBridge()
    records = [
        _record(1, None, SENDING),
        _record(2, SUBMITTED, None),
        _record(3, None, replace(FAILED, recipient="#x")),
        _record(4, None, replace(FAILED, request_id="#lock")),
    ]
    assert _announcer(bridge).announce(records) is None
    assert bridge.calls == []


def test_what_the_bus_refuses_is_put_again_and_nothing_else() -> None:
    """One throttled entry of ten does not double the nine."""
    bridge = EventBridge({"r-3"}, {"r-3"})
    assert _announcer(bridge).announce([_submitted(number) for number in range(10)]) is None
    assert [len(entries) for entries in bridge.calls] == [10, 1, 1]
    assert sorted(bridge.taken) == _ids(*range(10))


@pytest.mark.parametrize("refusal", ["InternalException", "AccessDeniedException"])
def test_a_call_that_fails_is_made_again(refusal: str) -> None:
    """For all its entries: none was taken."""
    bridge = EventBridge(refusal)
    assert _announcer(bridge).announce([_submitted(1), _submitted(2)]) is None
    assert bridge.taken == _ids(1, 2)


def test_the_stream_goes_on_from_the_first_that_was_never_taken() -> None:
    """It hands that record and all later ones over again; those that were told are told twice, under the same ids."""
    bridge = EventBridge({"r-4", "r-7"}, {"r-4"}, {"r-4"})
    records = [_submitted(number) for number in range(10)]
    assert _announcer(bridge).announce(records) == "4"
    first = {json.loads(entry["Detail"])["id"] for entry in bridge.calls[0]}
    assert _announcer(again := EventBridge()).announce(records[4:]) is None
    assert again.taken == _ids(4, 5, 6, 7, 8, 9)
    assert {json.loads(entry["Detail"])["id"] for entry in again.calls[0]} <= first


def test_what_stands_before_a_record_that_cannot_be_read_is_told_and_nothing_behind_it() -> None:
    """Lambda splits there and tries again; in the end that record alone is given up."""
    bridge = EventBridge()
    broken = _submitted(2)
    broken["dynamodb"]["NewImage"]["attempt"] = {"S": "+56912345678 twice"}
    assert _announcer(bridge).announce([_submitted(1), broken, _submitted(3)]) == "2"
    assert bridge.taken == _ids(1)


def test_an_item_that_is_no_submission_is_refused_without_being_quoted() -> None:
    """The error names the attribute."""
    item = item_of(SUBMITTED) | {"attempt": {"S": "+56912345678 twice"}}
    with pytest.raises(UnreadableItemError, match="attempt") as refused:
        from_item(item)
    assert "+56912345678" not in str(refused.value)


def test_a_refusal_before_an_unreadable_record_comes_first() -> None:
    """The stream goes on from the earlier of the two."""
    bridge = EventBridge({"r-1"}, {"r-1"}, {"r-1"})
    broken = _submitted(2)
    del broken["dynamodb"]["NewImage"]["updatedAt"]
    assert _announcer(bridge).announce([_submitted(1), broken]) == "1"


def test_pauses_grow_between_rounds() -> None:
    """A bus that throttles gets time; one that takes all costs none."""
    pauses: list[float] = []
    refused = EventBridge("ThrottlingException", "ThrottlingException", "ThrottlingException")
    announcer = Announcer(EventBus(cast("Any", refused), BUS, pause=pauses.append))
    assert announcer.announce([_submitted(1)]) == "1"
    assert pauses == sorted(pauses)
    assert len(pauses) == len(refused.calls) - 1 == 2


def test_no_event_shows_its_recipient_in_a_repr() -> None:
    """What is put in a log by accident must not tell."""
    event = event_of(None, SUBMITTED, "1")
    assert event is not None
    assert SUBMITTED.recipient in str(event)
    assert SUBMITTED.recipient not in repr(TimedEvent(event, 0.0))
