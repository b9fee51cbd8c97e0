"""The check of the template's policies finds nothing in the template, and each error that is planted in it."""

from copy import deepcopy
from typing import Any

import pytest

from tests.template.iam.policies import problems
from tests.template.iam.reference import SERVICES, actions
from tests.template.rendered import template

TABLE = {"Fn::GetAtt": ["OutcomesTable", "Arn"]}
INDEX = {"Fn::Sub": "${OutcomesTable.Arn}/index/open"}
STREAM = {"Fn::GetAtt": ["OutcomesTable", "StreamArn"]}
KEY = {"Ref": "KmsKeyArn"}
NAMES_A_PARTITION = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["#lock"]}}


def _planted(statement: dict[str, Any]) -> list[str]:
    """Return what is found when a role grants this too."""
    changed = deepcopy(template())
    policies = changed["Resources"]["SendRole"]["Properties"]["Policies"]
    policies[0]["PolicyDocument"]["Statement"].append({"Effect": "Allow", **statement})
    return problems(changed)


def test_the_template_has_no_such_error() -> None:
    """Of no role, queue, topic or permission."""
    assert problems(template()) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ({"Action": "sqs:SendMesage", "Resource": "*"}, "sqs:SendMesage is no action of AWS"),
        ({"Action": "sqs:SendMessageBatch", "Resource": "*"}, "sqs:SendMessageBatch is no action of AWS"),
        ({"Action": "lambda:Invoke", "Resource": "*"}, "lambda:Invoke is no action of AWS"),
        ({"Action": "sqs:Sent*", "Resource": "*"}, "sqs:Sent* is no action of AWS"),
        ({"Action": "sqs:SendMessage", "Resource": TABLE}, "sqs:SendMessage is not allowed on arn:aws:dynamodb:"),
        ({"Action": ["dynamodb:GetItem"], "Resource": [TABLE, INDEX]}, "GetItem is not allowed on arn:aws:dynamodb:"),
        ({"Action": "dynamodb:GetRecords", "Resource": TABLE}, "dynamodb:GetRecords is not allowed on"),
        ({"Action": "dynamodb:Query", "Resource": STREAM}, "dynamodb:Query is not allowed on"),
        ({"Action": "xray:PutTraceSegments", "Resource": TABLE}, "xray:PutTraceSegments is not allowed on"),
        (
            {"Fn::If": ["HasKmsKey", {"Action": "kms:Encript", "Resource": KEY}, {"Ref": "AWS::NoValue"}]},
            "kms:Encript is no action of AWS",
        ),
        (
            {"Action": "sqs:SendMessage", "Resource": "*", "Condition": NAMES_A_PARTITION},
            "sqs:SendMessage knows no condition dynamodb:LeadingKeys",
        ),
        ({"Action": "s3:GetObject", "Resource": "*"}, "reference.json has no such service"),
        ({"Action": "sqs:SendMessage", "Resource": {"Ref": "Api"}}, "which is not in ARNS"),
        ({"Action": "sqs:SendMessage", "Resource": {"Fn::Join": ["", []]}}, "which this check cannot read"),
    ],
)
def test_a_planted_error_is_found(statement: dict[str, Any], found: str) -> None:
    """It is named with the resource that has it, and nothing else is."""
    (problem,) = _planted(statement)
    assert problem.startswith("SendRole: ")
    assert found in problem


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "dynamodb:Query", "Resource": [TABLE, INDEX]},
        {"Action": "dynamodb:PartiQLUpdate", "Resource": TABLE, "Condition": NAMES_A_PARTITION},
        {"Action": "kms:Decrypt", "Resource": KEY, "Condition": {"StringEquals": {"kms:ViaService": "sqs"}}},
        {"Action": "kms:Decrypt", "Resource": KEY, "Condition": {"Null": {"kms:EncryptionContext:a": "false"}}},
        {"Action": "sqs:*", "Resource": TABLE},
    ],
)
def test_what_aws_allows_is_no_error(statement: dict[str, Any]) -> None:
    """Also where the reference names keys with a part to fill in."""
    assert _planted(statement) == []


def test_the_extract_has_every_service_it_names() -> None:
    """Each with some actions."""
    assert all(len(actions(f"{service}:*")) > 0 for service in SERVICES)
