"""Inbound SMS and changes of the opt-out list as subscribers get them, with IAM enforced."""

import json
from typing import Any

import jsonschema_rs
import pytest

from realtime_sms.outcomes import opt_out, received
from tests.stack.deployment import Deployment, request_body, until
from tests.stack.functions.test_outcome_events import subscribe
from tests.stack.signing import Caller, api_url, user

pytestmark = pytest.mark.stack

NUMBER, SOME = "+56930000001", "+56930000002"
SCHEMAS = {one.DETAIL_TYPE: one.json_schema() for one in (opt_out, received)}


def test_an_inbound_sms_and_each_change_of_the_list_is_an_event(deployed: Deployment) -> None:
    """One by SMS, one by the API; without the text."""
    url = subscribe(deployed, "inbound", json.dumps({"source": ["realtime-sms"], "detail-type": list(SCHEMAS)}))
    key = deployed.secrets.get_secret_value(SecretId=deployed.outputs["CallbackKeySecretArn"])["SecretString"]
    said = {"phone": NUMBER.removeprefix("+"), "originator": "96000", "message": "¡Baja!"}
    assert Caller(api_url(deployed.stack)).call("POST", f"/callbacks/{key}/inbound", said).status == 200
    assert user(deployed.stack, "*").call("DELETE", f"/opt-outs/{NUMBER.replace('+', '%2B')}").status == 200
    found: list[dict[str, Any]] = []

    def both() -> bool | None:
        for message in deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            detail = event["detail"]
            if NUMBER in {detail.get("from"), detail.get("number")}:
                jsonschema_rs.Draft202012Validator(SCHEMAS[event["detail-type"]]).validate(detail)
                found.append(detail)
        return {detail.get("change", "received") for detail in found} == {"received", "added", "removed"} or None

    until(both, within=60, awaited="three events")
    (sms,) = (detail for detail in found if "from" in detail)
    assert (sms["to"], sms["wish"], "text" in sms) == ("96000", "opt_out", False)
    changes = sorted((detail for detail in found if "number" in detail), key=lambda one: str(one["sequence"]))
    assert [(one["change"], one["source"]) for one in changes] == [("added", "inbound"), ("removed", "inbound")]


def test_an_opt_out_of_promotional_messages_lets_a_code_through(deployed: Deployment) -> None:
    """Both are sent as one producer does; the promotional one moves to its own queue."""
    address = f"/opt-outs/{SOME.replace('+', '%2B')}"
    caller = user(deployed.stack, "*")
    assert caller.call("PUT", f"{address}?scope=promotional").body["scope"] == "promotional"
    request_id = deployed.new_id("scope")
    ends = {"transactional": "submitted", "promotional": "failed"}
    deployed.publish(*(request_body(f"{request_id}.{one}", SOME, messageType=one) for one in ends))
    assert {one: deployed.outcome(f"{request_id}.{one}")["status"] for one in ends} == ends
    assert deployed.posts(SOME) == 1
    assert caller.call("DELETE", address).body["scope"] == "promotional"
