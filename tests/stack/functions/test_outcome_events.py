"""Outcome events on the deployed stack, as subscribers get them through rules with the patterns of docs/outcomes.md."""

import json
import re
import time
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest

from local import ROOT
from realtime_sms.outcomes.event import json_schema
from realtime_sms.outcomes.submission import iso
from tests.acceptance.account import TAG, own_name
from tests.stack.deployment import Deployment, request_body, until

pytestmark = pytest.mark.stack

PAGE = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")
PATTERNS = dict(re.findall(r"```json pattern ([a-z ]+)\n(.*?)```", PAGE, re.DOTALL))
SUBSCRIBER = re.findall(r"```yaml subscriber\n(.*?)```", PAGE, re.DOTALL)

DELIVERED, PLAIN, REFUSED, CUT = (f"+5692810000{number}" for number in range(4))
_ENDS = {(DELIVERED, "submitted"), (PLAIN, "submitted"), (REFUSED, "failed"), (CUT, "unknown")}
_BADLY = {(REFUSED, "failed"), (CUT, "unknown")}
WANTED = {
    "all": _ENDS | {(DELIVERED, "delivered")},
    "ended badly": _BADLY,
    "reason": {(REFUSED, "failed")},
    "delivery": {(DELIVERED, "delivered")},
    "campaign": {(DELIVERED, "submitted"), (DELIVERED, "delivered")},
    "country": _ENDS | {(DELIVERED, "delivered")},
    "subscriber": _BADLY,
}

type Events = list[dict[str, Any]]


def subscribe(deployed: Deployment, name: str, pattern: str) -> str:
    """Create a rule with a queue; return the queue's address."""
    title = own_name(deployed.stack.name, f"events-{name.replace(' ', '-')}")
    events, bus = deployed.session.client("events"), deployed.outputs["OutcomeBusName"]
    rule = events.put_rule(Name=title, EventBusName=bus, EventPattern=pattern)["RuleArn"]
    url, arn = deployed.queue_for(title, "events", rule)
    events.put_targets(Rule=title, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    return url


def _deploy_subscriber(deployed: Deployment) -> str:
    """Deploy the page's template as a stack; return its queue's address."""
    (template,) = SUBSCRIBER
    cloudformation = deployed.session.client("cloudformation")
    parameter: Any = {"ParameterKey": "OutcomeBusName", "ParameterValue": deployed.outputs["OutcomeBusName"]}
    name, tag = f"{deployed.stack.name}-subscriber", {"Key": TAG, "Value": deployed.stack.name}
    cloudformation.create_stack(StackName=name, TemplateBody=template, Parameters=[parameter], Tags=[tag])  # type: ignore[list-item]  # a plain dict
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = cloudformation.describe_stack_resource(StackName=name, LogicalResourceId="Outcomes")
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _received(deployed: Deployment, url: str, request_id: str, known: Events) -> set[tuple[str, str]]:
    """Receive the events about our requests from a queue; return each event's recipient and status."""
    while messages := deployed.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            event = json.loads(message["Body"])
            if event["detail"]["requestId"].startswith(request_id):
                known.append(event)
            deployed.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return {
        (detail["recipient"], detail["delivery"] if "delivery" in detail["changed"] else detail["status"])
        for detail in (event["detail"] for event in known)
    }


@pytest.fixture(scope="module")
def received(deployed: Deployment) -> Mapping[str, Events]:
    """Subscribe with each pattern of the page, change outcomes, and return what each subscriber got."""
    queues = {name: subscribe(deployed, name, pattern) for name, pattern in PATTERNS.items()}
    queues["subscriber"] = _deploy_subscriber(deployed)
    deployed.forget_breakers()
    deployed.restart_sender()
    request_id = deployed.new_id("events")
    deployed.simulator("POST", "outcomes", {REFUSED: "http_406", CUT: "truncated_accepted"})
    deployed.publish(
        request_body(f"{request_id}.spring", DELIVERED, metadata={"campaign": "spring"}),
        request_body(f"{request_id}.plain", PLAIN, REFUSED, CUT, metadata={"campaign": "autumn"}),
        request_body(None, PLAIN, bad="field"),
    )
    deployed.outcome(f"{request_id}.spring")
    deployed.outcomes(f"{request_id}.plain", 3)
    deployed.table.update_item(
        Key={"requestId": f"{request_id}.spring", "recipient": DELIVERED},
        UpdateExpression="SET delivery = :delivered, deliveryAt = :now",
        ExpressionAttributeValues={":delivered": "delivered", ":now": iso(time.time())},
    )
    found: dict[str, Events] = {name: [] for name in queues}
    for name, url in queues.items():
        until(
            lambda name=name, url=url: _received(deployed, url, request_id, found[name]) >= WANTED[name] or None,  # type: ignore[misc]  # a lambda's defaults
            within=60,
            awaited=f"events by the pattern {name}",
        )
    return found


@pytest.mark.parametrize("name", WANTED)
def test_a_subscriber_gets_what_its_pattern_asks_for(received: Mapping[str, Events], name: str) -> None:
    """Each change comes once; claims, waiting and rejections do not."""
    details = [event["detail"] for event in received[name]]
    told = [(one["recipient"], one["delivery"] if "delivery" in one["changed"] else one["status"]) for one in details]
    assert sorted(told) == sorted(WANTED[name])


def test_every_pattern_of_the_page_is_tried() -> None:
    """A pattern that is added to the page is expected here."""
    assert PATTERNS.keys() | {"subscriber"} == WANTED.keys()


def test_an_event_is_as_the_schema_says(received: Mapping[str, Events]) -> None:
    """This includes what EventBridge adds."""
    validator = jsonschema_rs.Draft202012Validator(json_schema(), validate_formats=True)
    for event in received["all"]:
        validator.validate(event["detail"])
        assert (event["source"], event["detail-type"]) == ("realtime-sms", "SMS Outcome Changed")


def test_an_event_holds_no_text(received: Mapping[str, Events]) -> None:
    """The bus may be less secret than the messages."""
    assert "hello" not in json.dumps(received["all"])


def test_no_two_changes_share_an_id_and_the_delivery_comes_later(received: Mapping[str, Events]) -> None:
    """Consumers drop duplicates by it and sort by it."""
    details = [event["detail"] for event in received["all"]]
    assert len({detail["id"] for detail in details}) == len(details)
    submitted, delivered = sorted(
        (one for one in details if one["recipient"] == DELIVERED), key=lambda one: str(one["sequence"])
    )
    assert (submitted["changed"], delivered["changed"]) == (["status"], ["delivery"])


def test_the_pages_example_is_what_an_event_looks_like(received: Mapping[str, Events]) -> None:
    """Its fields and their types are those of the schema."""
    (example,) = re.findall(r"```json example\n(.*?)```", PAGE, re.DOTALL)
    shown = json.loads(example)
    jsonschema_rs.Draft202012Validator(json_schema(), validate_formats=True).validate(shown["detail"])
    got = next(event for event in received["delivery"])
    assert {name: type(value) for name, value in shown.items()} == {name: type(value) for name, value in got.items()}
