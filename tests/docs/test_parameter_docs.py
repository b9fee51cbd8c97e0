"""The pages made from the template leave nothing of it out."""

import re

import pytest
from samcli.yamlhelper import yaml_parse

from local import TEMPLATE, parameter_docs

DOCUMENT = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))


def test_every_parameter_has_its_row() -> None:
    """A parameter in no group of the console's would have none."""
    rows = re.findall(r"^\| `(\w+)` \|", parameter_docs.parameters(), re.MULTILINE)
    assert sorted(rows) == sorted(DOCUMENT["Parameters"])


def test_every_function_has_its_grants() -> None:
    """Each function's role is listed under the function's name."""
    functions = [name for name, one in DOCUMENT["Resources"].items() if one["Type"] == "AWS::Serverless::Function"]
    assert set(functions) <= set(re.findall(r"^## (\w+)$", parameter_docs.roles(), re.MULTILINE))


@pytest.mark.parametrize("action", ["secretsmanager:PutSecretValue", "sqs:DeleteMessage"])
def test_an_action_is_listed_as_often_as_it_is_granted(action: str) -> None:
    """No statement is passed over."""
    assert parameter_docs.roles().count(f"`{action}`") == TEMPLATE.read_text(encoding="utf-8").count(action)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("#lock", "#lock"),
        ({"Ref": "KmsKeyArn"}, "KmsKeyArn"),
        ({"Fn::GetAtt": ["SendQueue", "Arn"]}, "SendQueue"),
        ({"Fn::Sub": "${OutcomesTable.Arn}/index/open"}, "OutcomesTable/index/open"),
        ({"Fn::Sub": "sqs.${AWS::Region}.amazonaws.com"}, "sqs.AWS::Region.amazonaws.com"),
        (["#lock"], "#lock"),
        (["a", "b"], '["a", "b"]'),
    ],
    ids=["text", "reference", "attribute", "substitution", "pseudo parameter", "one", "several"],
)
def test_values_are_written_for_a_reader(value: object, written: str) -> None:
    """References go by their names."""
    assert parameter_docs._named(value) == written


def test_a_conditional_statement_says_on_what_it_hangs() -> None:
    """What a deployment may not have is not shown as if it had."""
    granted = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Ref": "KmsKeyArn"}}
    row = parameter_docs._grant({"Fn::If": ["HasKmsKey", granted, {"Ref": "AWS::NoValue"}]})
    assert row == "| `kms:Decrypt` | `KmsKeyArn` | the template's `HasKmsKey` |"
