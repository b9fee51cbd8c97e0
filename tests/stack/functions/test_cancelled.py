"""Cancellation on the deployed stack, IAM enforced: one answer in each state, and no call for what is cancelled."""

import time
from dataclasses import replace

import pytest

from realtime_sms.aws.schedules import name_of
from realtime_sms.outcomes.submission import iso
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.vocabulary import Reason, Status
from tests.stack.deployment import Deployment, left_behind, request_body, until
from tests.stack.signing import Caller, user

pytestmark = pytest.mark.stack

WAITING, SENDING, SUBMITTED, UNKNOWN, MAYBE_SENT, DEAD = (f"+5692910000{number}" for number in range(6))
LATER, CODE = "+56929100008", "+56929100009"


@pytest.fixture
def caller(deployed: Deployment) -> Caller:
    """Return a caller who may cancel and look, and nothing else."""
    return user(deployed.stack, "POST/messages", "GET/messages/*", "DELETE/messages/*")


def _cancel(caller: Caller, request_id: str) -> dict[str, tuple[str, str]]:
    reply = caller.call("DELETE", f"/messages/{request_id}")
    assert reply.status == 200, reply.body
    return {one["recipient"]: (one["answer"], one["status"]) for one in reply.body["recipients"]}


def test_each_state_has_its_answer_and_the_message_ends_without_a_call(deployed: Deployment, caller: Caller) -> None:
    """What was left to be sent is not sent, and what a sender holds is left to it."""
    request_id = deployed.new_id("cancelled")
    body = request_body(request_id, WAITING)
    content_hash = prepare(open_envelope(body, request_id), Defaults()).content_hash
    states = {SENDING: Status.SENDING, SUBMITTED: Status.SUBMITTED, UNKNOWN: Status.UNKNOWN}
    held = [left_behind(request_id, number, status) for number, status in states.items()]
    held += [left_behind(request_id, number, Status.WAITING) for number in (WAITING, MAYBE_SENT)]
    held.append(replace(left_behind(request_id, DEAD, Status.FAILED), reason=Reason.DEAD_LETTERED))
    for one in held:
        lease = time.time() + 600 if one.status is Status.SENDING else None
        maybe_sent = one.recipient == MAYBE_SENT
        deployed.plant(replace(one, content_hash=content_hash, lease_until=lease, maybe_sent=maybe_sent))
    expected = {number: ("too_late", status.value) for number, status in states.items()}
    expected |= {MAYBE_SENT: ("too_late", "waiting"), **dict.fromkeys((WAITING, DEAD), ("cancelled", "cancelled"))}
    for _ in range(2):
        assert _cancel(caller, request_id) == expected
    deployed.publish(body)
    deployed.settle(body)
    assert deployed.status(request_id, WAITING) == "cancelled"
    assert deployed.posts(WAITING) == 0
    for number in expected:
        deployed.table.delete_item(Key={"requestId": request_id, "recipient": number})


def test_what_is_scheduled_is_cancelled_with_its_schedule(deployed: Deployment, caller: Caller) -> None:
    """Without the API's entry too: the outcome says that it had a time."""
    scheduler = deployed.session.client("scheduler")
    posted = caller.call(
        "POST",
        "/messages",
        {"recipients": [LATER], "message": {"text": "hello"}, "sendAt": iso(time.time() + 86_400)},
    )
    request_id = posted.body["requestId"]
    until(lambda: deployed.status(request_id, LATER) == "waiting" or None, within=60, awaited="a scheduled outcome")
    named = {"GroupName": deployed.outputs["ScheduleGroupName"], "Name": name_of(request_id)}
    assert scheduler.get_schedule(**named)["State"] == "ENABLED"
    assert _cancel(caller, request_id) == {LATER: ("cancelled", "cancelled")}
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(**named)
    item = deployed.items(request_id)[LATER]
    assert (item["status"], item["reason"]) == ("cancelled", Reason.CANCELLED)


def test_a_request_that_was_sent_or_that_nobody_knows(deployed: Deployment, caller: Caller) -> None:
    """The one is too late, the other is not found."""
    posted = caller.call("POST", "/messages", {"recipients": [CODE], "message": {"text": "hello"}})
    request_id = posted.body["requestId"]
    answer = _cancel(caller, request_id)[CODE][0]  # sender and canceller meet here, and one of them wins
    assert deployed.outcome(request_id)["status"] == ("cancelled" if answer == "cancelled" else "submitted")
    assert deployed.posts(CODE) == (answer != "cancelled")
    assert caller.call("DELETE", f"/messages/{deployed.new_id('nobody')}").status == 404
