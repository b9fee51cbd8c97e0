"""Inbound SMS and changes of the opt-out list as subscribers get them, with IAM enforced."""

import json
from typing import Any

import jsonschema_rs
import pytest

from realtime_sms.outcomes import opt_out, received
from tests.stack.deployment import Deployment, until
from tests.stack.functions.test_outcome_events import subscribe
from tests.stack.signing import Caller, api_url, user

pytestmark = pytest.mark.stack

NUMBER = "+56930000001"
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
