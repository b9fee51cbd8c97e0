"""Deploys a template of docs/examples on the embedded AWS, whose CloudFormation lacks API destinations."""

import json
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse

from local import ROOT
from tests.template.rendered import _Filling

EXAMPLES = ROOT / "docs" / "examples"


def template(name: str, **parameters: str) -> dict[str, Any]:
    """Return a template with its parameters filled in; a resource's ARN stands as `<Name.Arn>`."""
    read: dict[str, Any] = yaml_parse((EXAMPLES / name).read_text(encoding="utf-8"))
    assert parameters.keys() <= read["Parameters"].keys()
    defaults = {key: one["Default"] for key, one in read["Parameters"].items() if "Default" in one}
    filling = _Filling(defaults | parameters, {})
    resources = {key: filling.fill(one["Properties"]) for key, one in read["Resources"].items()}
    return {key: one for key, one in resources.items() if isinstance(one, dict)}


def deploy(session: boto3.Session, name: str, **parameters: str) -> dict[str, str]:
    """Create the stack of a template that CloudFormation has all types of; return its outputs."""
    cloudformation = session.client("cloudformation")
    given: Any = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    stack, text = name.partition(".")[0], (EXAMPLES / name).read_text(encoding="utf-8")
    cloudformation.create_stack(StackName=stack, TemplateBody=text, Parameters=given, Capabilities=["CAPABILITY_IAM"])
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}


def call_https(session: boto3.Session, bus: str, properties: dict[str, Any], secret: str) -> None:
    """Make the connection, the API destination and the rule of a template's properties, with a secret's value."""
    events = session.client("events")
    told = json.loads(
        json.dumps(properties).replace("<NotDelivered.Arn>", "arn:aws:sqs:sa-east-1:000000000000:not-delivered")
    )
    key = told["Connection"]["AuthParameters"]["ApiKeyAuthParameters"]
    key["ApiKeyValue"] = key["ApiKeyValue"].partition("{{")[0] + secret
    connection = events.create_connection(Name=bus, **told["Connection"])["ConnectionArn"]
    made = events.create_api_destination(Name=bus, **told["Destination"] | {"ConnectionArn": connection})
    events.create_event_bus(Name=bus)
    events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps(told["Rule"]["EventPattern"]))
    (target,) = told["Rule"]["Targets"]
    target |= {"Arn": made["ApiDestinationArn"], "RoleArn": "arn:aws:iam::000000000000:role/call"}
    events.put_targets(Rule=bus, EventBusName=bus, Targets=[target])
