"""The parameters name who may publish, over TLS only; by default, nobody outside the account.

MiniStack's evaluator, which the embedded AWS enforces policies with, decides.
"""

import re
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from tests.template.iam.policies import arn_of
from tests.template.rendered import rendered, template
from tests.template.second_evaluator import Request, decisions, with_arns

OWNER, FRIEND, STRANGER = "000000000000", "111111111111", "333333333333"
LANES = ("SendQueue", "PromotionalQueue")
ROLE = "arn:aws:iam::222222222222:role/shop/checkout"
TOPIC, RULE = f"arn:aws:sns:sa-east-1:{OWNER}:orders", f"arn:aws:events:sa-east-1:{OWNER}:rule/shop/orders"
GIVEN = {
    "PublisherArns": f"{FRIEND},{ROLE}",
    "PublisherTopicArns": f"{TOPIC},{TOPIC}-express",
    "PublisherRuleArns": RULE,
}
COMBINATIONS = [
    {name: value for (name, value), there in zip(GIVEN.items(), chosen, strict=True) if there}
    for chosen in product((False, True), repeat=len(GIVEN))
]


@dataclass(frozen=True)
class Publisher:
    """Someone who sends a message, and the parameter that allows it."""

    arn: str
    by: str | None
    service: str | None = None
    source: str | None = None
    assumed: str | None = None  # the role of a session, if it has a path: the session's ARN does not have it


PUBLISHERS = {
    "a named account": Publisher(f"arn:aws:iam::{FRIEND}:root", "PublisherArns"),
    "a user of a named account": Publisher(f"arn:aws:iam::{FRIEND}:user/ana", "PublisherArns"),
    "a named role's session": Publisher(
        "arn:aws:sts::222222222222:assumed-role/checkout/1", "PublisherArns", assumed=ROLE
    ),
    "another role of its account": Publisher("arn:aws:sts::222222222222:assumed-role/other/1", None),
    "another account": Publisher(f"arn:aws:iam::{STRANGER}:root", None),
    "a named topic": Publisher("*", "PublisherTopicArns", "sns.amazonaws.com", TOPIC),
    "the other named topic": Publisher("*", "PublisherTopicArns", "sns.amazonaws.com", f"{TOPIC}-express"),
    "another topic": Publisher("*", None, "sns.amazonaws.com", f"{TOPIC}-slow"),
    "a named rule": Publisher("*", "PublisherRuleArns", "events.amazonaws.com", RULE),
    "another rule": Publisher("*", None, "events.amazonaws.com", f"{RULE}2"),
    "a topic that calls itself a rule": Publisher("*", None, "sns.amazonaws.com", RULE),
    "another service for a named topic": Publisher("*", None, "s3.amazonaws.com", TOPIC),
    "a service that names no source": Publisher("*", None, "sns.amazonaws.com"),
}


def _decision(resources: dict[str, Any], queue: str, who: Publisher, action: str, *, tls: bool = True) -> str:
    policy = resources[f"{queue}Policy"]["Properties"]["PolicyDocument"]
    context = EvalContext(
        principal_arn=who.arn,
        principal_type="Service" if who.service else "User",
        principal_account="",
        action=action,
        resource_arn=f"<{queue}.Arn>",
        region="sa-east-1",
        secure_transport=tls,
        service_context={"aws:sourcearn": who.source} if who.source else {},
    )
    return str(evaluate_resource_policy(policy, context, service=who.service).decision)


@pytest.mark.parametrize("who", PUBLISHERS.values(), ids=PUBLISHERS)
@pytest.mark.parametrize("given", COMBINATIONS, ids=lambda given: ", ".join(given) or "nothing")
def test_only_the_named_may_publish(given: dict[str, str], who: Publisher) -> None:
    """With every combination of the parameters, over TLS only."""
    resources = rendered(**given)
    expected = "Allow" if who.by in given else "ImplicitDeny"
    for lane in LANES:
        assert _decision(resources, lane, who, "sqs:SendMessage") == expected
        assert _decision(resources, lane, who, "sqs:SendMessage", tls=False) == "Deny"


@pytest.mark.parametrize("who", PUBLISHERS.values(), ids=PUBLISHERS)
@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:GetQueueUrl"])
def test_a_publisher_may_do_nothing_else(who: Publisher, action: str) -> None:
    """Not read or delete what others sent."""
    assert {_decision(rendered(**GIVEN), lane, who, action) for lane in LANES} == {"ImplicitDeny"}


@pytest.mark.parametrize("who", PUBLISHERS.values(), ids=PUBLISHERS)
def test_nobody_is_let_into_the_dead_letter_queue(who: Publisher) -> None:
    """Only our own functions use it, over TLS."""
    resources = rendered(**GIVEN)
    assert _decision(resources, "DeadLetterQueue", who, "sqs:SendMessage") == "ImplicitDeny"
    assert _decision(resources, "DeadLetterQueue", who, "sqs:SendMessage", tls=False) == "Deny"


@pytest.mark.parametrize("queue", [*LANES, "DeadLetterQueue", "UnannouncedQueue"])
def test_the_accounts_own_users_need_tls_too(queue: str) -> None:
    """Whatever IAM grants them."""
    own = Publisher(f"arn:aws:iam::{OWNER}:user/ana", None)
    assert _decision(rendered(), queue, own, "sqs:ReceiveMessage", tls=False) == "Deny"


def test_every_queue_has_a_policy() -> None:
    """No queue takes a call without TLS."""
    resources = rendered()
    queues = {name for name, one in resources.items() if one["Type"] == "AWS::SQS::Queue"}
    assert queues == {name.removesuffix("Policy") for name, one in resources.items() if "QueuePolicy" in one["Type"]}


EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def _request(resources: dict[str, Any], queue: str, who: Publisher, *, tls: bool) -> Request:
    """Return a request of someone whose own account allows everything, as a call to another account needs."""
    policy = with_arns(resources[f"{queue}Policy"]["Properties"]["PolicyDocument"], resources)
    context: dict[str, str | list[str]] = {"aws:SecureTransport": str(tls).lower()}
    if who.source:
        context["aws:SourceArn"] = who.source
    return Request(
        "sqs:SendMessage",
        arn_of(queue, "Arn", resources),
        context,
        who.service or who.assumed or who.arn,
        () if who.service else [EVERYTHING],
        policy,
    )


def test_a_second_evaluator_lets_the_same_publish() -> None:
    """With every combination of the parameters."""
    asked = list(product(LANES, COMBINATIONS, PUBLISHERS, (True, False)))
    requests = [_request(rendered(**given), lane, PUBLISHERS[name], tls=tls) for lane, given, name, tls in asked]
    for (lane, given, name, tls), decision in zip(asked, decisions(requests), strict=True):
        allowed = "Allow" if PUBLISHERS[name].by in given else "ImplicitDeny"
        assert decision == (allowed if tls else "Deny"), (lane, given, name, tls)


ALARMS = {  # service, account of the alarm, and whether it comes over TLS
    ("cloudwatch.amazonaws.com", OWNER, True): "Allow",
    ("cloudwatch.amazonaws.com", OWNER, False): "Deny",
    ("cloudwatch.amazonaws.com", STRANGER, True): "ImplicitDeny",
    ("s3.amazonaws.com", OWNER, True): "ImplicitDeny",
}


@pytest.mark.parametrize(("service", "account", "tls"), ALARMS)
def test_the_accounts_alarms_reach_the_topic_over_tls(service: str, account: str, tls: bool) -> None:  # noqa: FBT001 (a case)
    """The topic's policy replaces the one that SNS gives, so it has to let CloudWatch in."""
    policy = rendered()["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="sns:Publish",
        resource_arn="<AlarmTopic>",
        region="sa-east-1",
        secure_transport=tls,
        service_context={"aws:sourceaccount": account},
    )
    decision = evaluate_resource_policy(policy, context, service=service).decision
    assert str(decision) == ALARMS[service, account, tls]


def test_a_second_evaluator_lets_the_same_alarms_through() -> None:
    """By the account of the alarm (`aws:SourceAccount`)."""
    resources = rendered()
    policy = with_arns(resources["AlarmTopicPolicy"]["Properties"]["PolicyDocument"], resources)
    topic = arn_of("AlarmTopic", "Ref", resources)
    requests = [
        Request(
            "sns:Publish",
            topic,
            {"aws:SourceAccount": account, "aws:SecureTransport": str(tls).lower()},
            service,
            resourcePolicy=policy,
        )
        for service, account, tls in ALARMS
    ]
    assert dict(zip(ALARMS, decisions(requests), strict=True)) == ALARMS


@pytest.mark.parametrize(
    ("parameter", "value", "taken"),
    [
        ("PublisherArns", FRIEND, True),
        ("PublisherArns", ROLE, True),
        ("PublisherArns", f"arn:aws:iam::{FRIEND}:root", True),
        ("PublisherArns", f"arn:aws-cn:iam::{FRIEND}:user/ana", True),
        ("PublisherArns", "*", False),
        ("PublisherArns", f"arn:aws:iam::{FRIEND}:role/*", False),
        ("PublisherArns", "12345", False),
        ("PublisherTopicArns", f"{TOPIC}.fifo", True),
        ("PublisherTopicArns", "arn:aws:sns:*:000000000000:orders", False),
        ("PublisherTopicArns", f"{TOPIC}*", False),
        ("PublisherTopicArns", RULE, False),
        ("PublisherRuleArns", f"arn:aws:events:sa-east-1:{OWNER}:rule/orders", True),
        ("PublisherRuleArns", f"arn:aws:events:sa-east-1:{OWNER}:rule/*", False),
        ("PublisherRuleArns", f"arn:aws:events:sa-east-1:{OWNER}:event-bus/default", False),
    ],
)
def test_a_parameter_takes_whole_arns_and_no_wildcard(parameter: str, value: str, taken: bool) -> None:  # noqa: FBT001 (a case)
    """A wildcard is refused before anything is deployed."""
    declared = template()["Parameters"][parameter]
    assert bool(re.search(declared["AllowedPattern"], value)) is taken
    assert re.search(declared["AllowedPattern"], declared["Default"])
