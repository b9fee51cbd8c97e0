"""The parameter `Tracing` turns on X-Ray for all functions, or for none; never for the API's stage."""

import json
from typing import Any

import pytest

from tests.template.rendered import rendered

MODES = {"Off": "PassThrough", "Active": "Active"}
GRANT = {"Effect": "Allow", "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Resource": "*"}


def _of(kind: str, mode: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in rendered(Tracing=mode).items() if one["Type"] == kind}


@pytest.mark.parametrize("mode", MODES)
def test_functions_are_traced_as_the_parameter_says(mode: str) -> None:
    """All of them, because a gap in the middle splits a trace in two."""
    assert {one["TracingConfig"]["Mode"] for one in _of("AWS::Lambda::Function", mode).values()} == {MODES[mode]}


@pytest.mark.parametrize("mode", MODES)
def test_the_apis_stage_is_never_traced(mode: str) -> None:
    """Its segments hold the address of each call: the callback key, and whole numbers of opt-outs."""
    assert [one["TracingEnabled"] for one in _of("AWS::ApiGateway::Stage", mode).values()] == [False]


@pytest.mark.parametrize("mode", MODES)
def test_a_role_may_write_traces_if_tracing_is_on_and_nothing_else_of_xray(mode: str) -> None:
    """SAM's own policy would also grant reading the sampling rules."""
    for role in _of("AWS::IAM::Role", mode).values():
        statements = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        traced = mode == "Active" and "lambda.amazonaws.com" in json.dumps(role["AssumeRolePolicyDocument"])
        assert [one for one in statements if "xray" in json.dumps(one)] == ([GRANT] if traced else [])
        assert "ManagedPolicyArns" not in role


def test_nothing_is_traced_by_default() -> None:
    """X-Ray costs money."""
    assert rendered() == rendered(Tracing="Off")
