"""With `SnapStart` each deployment publishes a version, which the queue invokes; without it there is none."""

from typing import Any

import pytest
import yaml

from local.transformed_template import transformed
from tests.template.rendered import rendered

FUNCTION, VERSION, MAPPINGS = "SendFunction", "SendVersion", ("SendFunctionMessages", "PromotionalMessages")


def _properties(mode: str, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = rendered(SnapStart=mode)[name]["Properties"]
    return properties


def test_nothing_of_it_exists_by_default() -> None:
    """Snapshots cost money; without them there is no version and no variable for it."""
    assert rendered() == rendered(SnapStart="Off")
    assert "AWS::Lambda::Version" not in {one["Type"] for one in rendered().values()}
    function = rendered()[FUNCTION]["Properties"]
    assert "SnapStart" not in function
    assert "DEPLOYMENT" not in function["Environment"]["Variables"]


def test_both_queues_invoke_the_version_if_there_is_one() -> None:
    """Only a published version has a snapshot."""
    for mapping in MAPPINGS:
        assert _properties("Off", mapping)["FunctionName"] == f"<{FUNCTION}>"
        assert _properties("On", mapping)["FunctionName"] == f"<{VERSION}>"
    assert _properties("On", VERSION)["FunctionName"] == f"<{FUNCTION}>"
    assert _properties("On", FUNCTION)["SnapStart"] == {"ApplyOn": "PublishedVersions"}


def test_a_deployment_changes_the_function_and_the_version_alike() -> None:
    """CloudFormation publishes on a new description, Lambda only after a change of the function."""
    (deployment,) = (name for name, one in rendered().items() if one["Type"] == "AWS::ApiGateway::Deployment")
    assert _properties("On", VERSION)["Description"] == f"<{deployment}>"
    assert _properties("On", FUNCTION)["Environment"]["Variables"]["DEPLOYMENT"] == f"<{deployment}>"


def test_no_two_transforms_have_the_same_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAM derives its name from the time, as `AlwaysDeploy` promises."""
    deployments = set()
    for second in (1_800_000_000, 1_800_000_001):
        monkeypatch.setattr("samtranslator.model.apigateway.time.time", lambda second=second: second)
        resources = yaml.safe_load(transformed())["Resources"]
        deployments |= {name for name, one in resources.items() if one["Type"] == "AWS::ApiGateway::Deployment"}
    assert len(deployments) == 2


def test_a_version_outlives_its_replacement() -> None:
    """Invocations that are under way finish in it; a deleted version would fail them."""
    version = rendered(SnapStart="On")[VERSION]
    assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")
