"""Callbacks on the deployed stack: a report, a STOP, a wrong key, and a report that proves what was given up."""

import time
from dataclasses import replace

import pytest

from realtime_sms.aws.table import UNMATCHED_REPORTS
from realtime_sms.outcomes.match import PATIENCE
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import Status
from tests.stack.deployment import Deployment, left_behind, request_body, until
from tests.stack.signing import Caller, api_url

pytestmark = pytest.mark.stack

NUMBER, LOST, STOPPED = "+56929000001", "+56929000002", "+56929000003"


@pytest.fixture
def address(deployed: Deployment) -> str:
    """Return the path to the callbacks, with its key."""
    secret = deployed.secrets.get_secret_value(SecretId=deployed.outputs["CallbackKeySecretArn"])
    return f"/callbacks/{secret['SecretString']}"


@pytest.fixture
def realtime(deployed: Deployment) -> Caller:
    """Return a caller who does not sign."""
    return Caller(api_url(deployed.stack))


def test_a_report_that_realtime_posts_shows_on_the_outcome(
    deployed: Deployment, realtime: Caller, address: str
) -> None:
    """The simulator posts it and gets a 200."""
    hello = {"phone": NUMBER.removeprefix("+"), "message": "hello"}
    assert realtime.call("POST", f"{address}/inbound", hello).status == 200  # begins the environment, which takes time
    request_id = deployed.new_id("reported")
    deployed.publish(request_body(request_id, NUMBER))
    outcome = deployed.outcome(request_id)
    wanted = {"callbackUrl": api_url(deployed.stack) + address + "/reports", "submissionIds": [outcome["submissionId"]]}
    (receipt,) = deployed.simulator("POST", "deliver", wanted)["receipts"]
    assert (receipt["acknowledged"], receipt["attempts"]) == (True, 1)
    assert deployed.outcome(request_id)["delivery"] == "delivered"


def test_who_answers_stop_gets_no_more(deployed: Deployment, realtime: Caller, address: str) -> None:
    """An opt-in word of this deployment removes the number from the list."""
    said = {"phone": STOPPED.removeprefix("+"), "originator": "96000"}
    assert realtime.call("POST", f"{address}/inbound", said | {"message": "¡Stop!"}).status == 200
    request_id = deployed.new_id("stopped")
    deployed.publish(request_body(request_id, STOPPED))
    outcome = deployed.outcome(request_id)
    assert (outcome["status"], outcome["reason"], deployed.posts(STOPPED)) == ("failed", "opted_out", 0)
    assert realtime.call("POST", f"{address}/inbound", said | {"message": "alta"}).status == 200


def test_a_report_proves_what_was_given_up(deployed: Deployment, realtime: Caller, address: str) -> None:
    """RealTime confirms that it accepted the message when ours was sent, so the unknown submission is matched."""
    request_id = deployed.new_id("proven")
    deployed.publish(request_body(request_id, LOST))
    submission_id = deployed.outcome(request_id)["submissionId"]
    now = time.time()
    lost = left_behind(request_id, LOST, Status.UNKNOWN)
    deployed.table.delete_item(Key={"requestId": request_id, "recipient": LOST})
    deployed.plant(replace(lost, created_at=now - PATIENCE - 60, updated_at=now))
    report = {"id": submission_id, "phone": LOST.removeprefix("+"), "status": 1, "date": "2027-01-15 08:00:00"}
    assert realtime.call("POST", f"{address}/reports", report).status == 200
    assert deployed.outcome(request_id)["status"] == "unknown"
    deployed.table.update_item(
        Key={"requestId": UNMATCHED_REPORTS, "recipient": submission_id},
        UpdateExpression="SET createdAt = :heard, openUntil = :due",
        ExpressionAttributeValues={":heard": iso(now - PATIENCE - 10), ":due": iso(now - 1)},
    )

    def measure_current() -> bool | None:
        deployed.invoke("MaintenanceFunctionName")
        return deployed.status(request_id, LOST) == "submitted" or None

    until(measure_current, within=70, awaited="a proof")
    assert deployed.outcome(request_id)["delivery"] == "delivered"


@pytest.mark.parametrize("key", ["x", "k" * 43])
def test_a_wrong_key_is_refused_without_saying_why(realtime: Caller, key: str) -> None:
    """The answer is that of an address that does not exist."""
    reply = realtime.call("POST", f"/callbacks/{key}/reports", {"id": "1", "phone": "56929000001", "status": 1})
    assert (reply.status, reply.body["detail"]) == (404, "there is nothing at this address")


def test_only_posts_are_open(realtime: Caller, address: str) -> None:
    """All other addresses need a signature or do not exist."""
    assert realtime.call("GET", f"{address}/reports").status == 403
    assert realtime.call("POST", f"{address}/inbound", "{").status == 400
