"""The examples of docs/sending.md: a test runs each one, or checks it here."""

import json
import re

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from tests.docs.examples_page import PAGE, block, blocks
from tests.template.rendered import template

RUN = {"cli", "boto3", "node", "sns", "sns-raw", "eventbridge", "curl", "curl-outcome"}
RUN |= {"sns-setup", "sns-raw-setup", "eventbridge-setup", "realtime", "moved", "moved-charset-6"}
POLICIES = {"policy-sqs", "policy-sns", "policy-eventbridge", "policy-curl", "policy-moved"}
DEPLOYMENTS = [one.text for one in blocks() if one.name == "deploy"]


def test_every_example_is_run_or_looked_at() -> None:
    """By tests/stack/callers/test_producers.py, or below."""
    assert {one.name for one in blocks()} == RUN | POLICIES | {"deploy", "key-policy"}


def test_no_two_examples_are_the_same_request() -> None:
    """Otherwise one of them would send nothing, unnoticed."""
    ids = [
        one.request_id for one in blocks() if one.name in RUN and one.name != "curl-outcome" and "order-" in one.text
    ]
    assert len(ids) == len(set(ids)) == 7


@pytest.mark.parametrize("text", DEPLOYMENTS)
def test_a_deployment_gives_parameters_that_the_template_takes(text: str) -> None:
    """The parameter exists, and each value matches its pattern."""
    (name, values) = re.findall(r'"(\w+)=([^"]+)"', text)[0]
    assert all(re.search(template()["Parameters"][name]["AllowedPattern"], value) for value in values.split(","))


@pytest.mark.parametrize(
    ("service", "action", "allowed"),
    [
        ("sns.amazonaws.com", "kms:GenerateDataKey", True),
        ("sns.amazonaws.com", "kms:Decrypt", True),
        ("events.amazonaws.com", "kms:GenerateDataKey", True),
        ("events.amazonaws.com", "kms:Decrypt", True),
        ("events.amazonaws.com", "kms:ScheduleKeyDeletion", False),
        ("s3.amazonaws.com", "kms:Decrypt", False),
    ],
)
def test_the_keys_policy_lets_both_services_publish(service: str, action: str, allowed: bool) -> None:  # noqa: FBT001 (a case)
    """And allows nobody else anything."""
    document = {"Version": "2012-10-17", "Statement": [json.loads(block("key-policy").text)]}
    context = EvalContext("*", "Service", "", action, "arn:aws:kms:sa-east-1:000000000000:key/1", "sa-east-1")
    assert (evaluate_resource_policy(document, context, service=service).decision == "Allow") is allowed


def test_a_client_of_realtime_changes_address_and_authentication_only() -> None:
    """The two calls of the page are otherwise equal."""
    before, after = (
        re.split(r"\s+\\?\n\s+|(?<!:)\s(?=--)", block(name).text.strip()) for name in ("realtime", "moved")
    )
    assert set(before) ^ set(after) == {
        '--header "Authorization: Bearer $RealTimeToken"',
        '"$RealTimeUrl/api/sms"',
        '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"',
        '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
        '"$ApiUrl/api/sms"',
    }


def test_nodes_packages_are_locked_without_the_address_of_a_registry() -> None:
    """Each has a checksum, so that every registry gives the same."""
    lock = json.loads((PAGE.parents[1] / "tests" / "stack" / "node" / "package-lock.json").read_text(encoding="utf-8"))
    packages = [one for path, one in lock["packages"].items() if path]
    assert packages
    assert all("integrity" in one and "resolved" not in one for one in packages)
