"""From changes of the opt-out list to events."""

import json
from typing import Any

import jsonschema_rs
import pytest

from realtime_sms.outcomes import opt_out
from tests.announce.test_announce import EventBridge, _announcer, _submitted

NUMBER = "+56911112222"
ENTRY = {
    "requestId": {"S": "#optout"},
    "recipient": {"S": NUMBER},
    "source": {"S": "inbound"},
    "createdAt": {"S": "2027-01-15T08:00:00.000Z"},
}
OTHER = ENTRY | {"source": {"S": "api"}}
VALID = jsonschema_rs.Draft202012Validator(opt_out.json_schema(), validate_formats=True)


def _record(number: int, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    images = {name: image for name, image in (("OldImage", before), ("NewImage", after)) if image is not None}
    return {"dynamodb": images | {"SequenceNumber": str(number), "ApproximateCreationDateTime": 1_800_000_000}}


@pytest.mark.parametrize(
    ("before", "after", "change", "source"),
    [(None, ENTRY, "added", "inbound"), (ENTRY, None, "removed", "inbound"), (ENTRY, OTHER, "changed", "api")],
    ids=["added", "removed", "changed"],
)
def test_each_change_of_the_list_is_one_event(before: Any, after: Any, change: str, source: str) -> None:  # noqa: ANN401 (an item)
    """A removed entry is shown as it was."""
    bridge = EventBridge()
    assert _announcer(bridge).announce([_record(1, before, after)]) is None
    ((entry,),) = bridge.calls
    detail = json.loads(entry["Detail"])
    VALID.validate(detail)
    assert (entry["Source"], entry["DetailType"]) == ("realtime-sms", "Opt-Out Changed")
    assert detail == {
        "version": "1",
        "id": detail["id"],
        "sequence": "1".zfill(40),
        "change": change,
        "number": NUMBER,
        "source": source,
        "createdAt": "2027-01-15T08:00:00.000Z",
        "scope": "all",
    }


def test_a_change_of_the_scope_is_told() -> None:
    """With the scope that it has now."""
    bridge = EventBridge()
    assert _announcer(bridge).announce([_record(1, ENTRY | {"scope": {"S": "promotional"}}, ENTRY)]) is None
    ((entry,),) = bridge.calls
    detail = json.loads(entry["Detail"])
    assert (detail["change"], detail["scope"]) == ("changed", "all")


def test_a_change_that_nobody_sees_is_no_event() -> None:
    """As of an attribute of a later version."""
    bridge = EventBridge()
    assert _announcer(bridge).announce([_record(1, ENTRY, ENTRY | {"later": {"S": "x"}})]) is None
    assert bridge.calls == []


def test_a_change_has_one_id_however_often_it_is_told() -> None:
    """Another change of the same number has another."""
    bridge = EventBridge()
    for number in (1, 1, 2):
        assert _announcer(bridge).announce([_record(number, None, ENTRY)]) is None
    ids = [json.loads(entry["Detail"])["id"] for (entry,) in bridge.calls]
    assert ids[0] == ids[1] != ids[2]


def test_outcomes_and_opt_outs_go_out_in_one_call() -> None:
    """Each with its own type."""
    bridge = EventBridge()
    assert _announcer(bridge).announce([_submitted(1), _record(2, None, ENTRY)]) is None
    (entries,) = bridge.calls
    assert [entry["DetailType"] for entry in entries] == ["SMS Outcome Changed", "Opt-Out Changed"]


def test_an_entry_that_cannot_be_read_is_given_up_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """The log does not quote it."""
    bridge = EventBridge()
    broken = ENTRY | {"createdAt": {"S": f"{NUMBER} twice"}}
    assert _announcer(bridge).announce([_submitted(1), _record(2, None, broken), _submitted(3)]) == "2"
    assert bridge.taken == ["r-1"]
    assert NUMBER[1:] not in capsys.readouterr().out


def test_a_number_that_is_forgotten_is_not_taken_off_the_list() -> None:
    """A subscriber that follows the list would write to it again."""
    bridge = EventBridge()
    marked = ENTRY | {"forgotten": {"BOOL": True}}
    hashed = ENTRY | {"recipient": {"S": "forgotten:0123456789abcdef"}}
    records = [_record(1, ENTRY, marked), _record(2, marked, None), _record(3, None, hashed)]
    assert _announcer(bridge).announce(records) is None
    assert bridge.calls == []
