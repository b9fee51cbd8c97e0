"""Messages that are sent later, on the deployed stack: in the queue, or in a schedule that brings them back."""

import json
import time
from datetime import UTC, datetime

import pytest

from realtime_sms.aws.schedules import name_of
from realtime_sms.outcomes.submission import iso
from tests.stack.deployment import Deployment, request_body, until

pytestmark = pytest.mark.stack


def test_a_message_for_soon_is_sent_at_its_time(deployed: Deployment) -> None:
    """Its outcome says so until then."""
    request_id, number, send_at = deployed.new_id("soon"), "+56928800001", time.time() + 8
    deployed.publish(request_body(request_id, number, sendAt=iso(send_at)))
    waiting = until(lambda: deployed.items(request_id).get(number), within=8, awaited="an outcome")
    assert (waiting["status"], waiting["reason"], waiting["dueAt"]) == ("waiting", "scheduled", iso(send_at))
    outcome = deployed.outcome(request_id)
    assert outcome["status"] == "submitted"
    assert outcome["submittedAt"] >= iso(send_at)
    assert deployed.posts(number) == 1


def test_a_message_for_later_rests_in_a_schedule_that_brings_it_back(deployed: Deployment) -> None:
    """It leaves the queue at once; two messages of one request have one schedule, and are one SMS."""
    request_id, number, send_at = deployed.new_id("later"), "+56928800002", time.time() + 86_400
    body = request_body(request_id, number, sendAt=iso(send_at))
    deployed.publish(body, body)
    deployed.settle(body)
    waiting = deployed.items(request_id)[number]
    assert (waiting["status"], waiting["reason"], waiting["dueAt"] >= iso(send_at)) == ("waiting", "scheduled", True)
    assert deployed.posts(number) == 0
    _let_its_time_come(deployed, request_id, number)
    assert deployed.outcome(request_id)["status"] == "submitted"
    assert deployed.posts(number) == 1


def _let_its_time_come(deployed: Deployment, request_id: str, number: str) -> None:
    """Move the schedule, its message and the outcome to now, in the place of waiting for a day."""
    scheduler = deployed.session.client("scheduler")
    named = {"GroupName": deployed.outputs["ScheduleGroupName"], "Name": name_of(request_id)}
    made = scheduler.get_schedule(**named)
    body = json.loads(made["Target"]["Input"])
    now = datetime.now(UTC)
    scheduler.update_schedule(
        **named,
        ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow=made["FlexibleTimeWindow"],
        ActionAfterCompletion=made["ActionAfterCompletion"],
        Target={**made["Target"], "Input": json.dumps(body | {"sendAt": now.isoformat()})},
    )
    deployed.table.update_item(
        Key={"requestId": request_id, "recipient": number},
        UpdateExpression="SET dueAt = :now",
        ExpressionAttributeValues={":now": iso(now.timestamp())},
    )
