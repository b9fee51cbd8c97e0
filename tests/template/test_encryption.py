"""With `KmsKeyArn` the queues are encrypted with that key, which the functions may use; without it, with SQS's own."""

import json
from typing import Any

import pytest

from tests.template.rendered import rendered
from tests.template.second_evaluator import Request, decisions, granted

KEY = "arn:aws:kms:sa-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SUFFIXES = ("amazonaws.com", "amazonaws.com")  # the second is the partition's: amazonaws.com.cn in China
KEY_POLICY = {  # what a key has by default: IAM decides
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
SCHEDULES: dict[str, dict[str, Any]] = {
    "Send": {
        "Action": ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"],
        "Condition": {"StringEquals": {"kms:ViaService": [f"scheduler.sa-east-1.{suffix}" for suffix in SUFFIXES]}},
    },
    "Schedule": {
        "Action": "kms:Decrypt",
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:scheduler:schedule:arn": (
                    "arn:aws:scheduler:sa-east-1:000000000000:schedule/${ScheduleGroup}/*"
                )
            }
        },
    },
}
ROLES = {"Schedule": True, "Api": True, "Send": True, "Maintenance": True, "Refresh": False}


def _under_the_key(resources: dict[str, Any], role: str) -> list[dict[str, Any]]:
    policies = resources[f"{role}Role"]["Properties"]["Policies"]
    statements = [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]
    return [one for one in statements if "kms:" in json.dumps(one["Action"])]


@pytest.mark.parametrize("queue", ["SendQueue", "PromotionalQueue", "DeadLetterQueue"])
def test_a_queue_uses_its_own_key_or_the_given_one(queue: str) -> None:
    """Never both, which SQS refuses."""
    own, given = rendered()[queue]["Properties"], rendered(KmsKeyArn=KEY)[queue]["Properties"]
    assert (own["SqsManagedSseEnabled"], own.get("KmsMasterKeyId")) == (True, None)
    assert (given["SqsManagedSseEnabled"], given.get("KmsMasterKeyId")) == (False, KEY)


@pytest.mark.parametrize("role", [name for name, needs in ROLES.items() if needs])
def test_a_function_that_uses_a_queue_may_use_the_key_through_sqs_alone(role: str) -> None:
    """SQS requires both actions to send, and Decrypt to receive."""
    through_sqs, *others = _under_the_key(rendered(KmsKeyArn=KEY), role)
    assert others == [] or role in SCHEDULES
    assert through_sqs == {
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": KEY,
        "Condition": {"StringEquals": {"kms:ViaService": [f"sqs.sa-east-1.{suffix}" for suffix in SUFFIXES]}},
    }


@pytest.mark.parametrize("role", SCHEDULES)
def test_who_makes_and_invokes_schedules_may_use_the_key_for_them(role: str) -> None:
    """Scheduler requires it: its User Guide, *Using identity-based policies* and *Encryption at rest*."""
    _, of_schedules = _under_the_key(rendered(KmsKeyArn=KEY), role)
    assert of_schedules == {"Effect": "Allow", "Resource": KEY, **SCHEDULES[role]}


@pytest.mark.parametrize("role", ROLES)
def test_without_a_key_no_role_names_kms(role: str) -> None:
    """Without the parameter, no role names KMS."""
    assert _under_the_key(rendered(), role) == []


@pytest.mark.parametrize("role", [name for name, needs in ROLES.items() if not needs])
def test_a_function_that_uses_no_queue_may_not_use_the_key(role: str) -> None:
    """Even with the parameter set."""
    assert _under_the_key(rendered(KmsKeyArn=KEY), role) == []


def test_a_second_evaluator_lets_a_role_use_the_key_through_sqs_alone() -> None:
    """Not directly, and not through another service."""
    resources = rendered(KmsKeyArn=KEY)
    services = (None, "sqs.sa-east-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com", "dynamodb.sa-east-1.amazonaws.com")
    asked = [(role, action, via) for role in ROLES for action in ("GenerateDataKey", "Decrypt") for via in services]
    requests = [
        Request(
            f"kms:{action}",
            KEY,
            {"kms:ViaService": via} if via else {},
            identityPolicies=granted(f"{role}Role", resources),
            resourcePolicy=KEY_POLICY,
        )
        for role, action, via in asked
    ]
    allowed = {one for one, decision in zip(asked, decisions(requests), strict=True) if decision == "Allow"}
    assert allowed == {one for one in asked if ROLES[one[0]] and one[2] == services[1]}
