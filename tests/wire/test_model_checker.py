"""What the functions call in the model checker's worlds are calls that AWS takes."""

from random import Random
from typing import Any

import pytest

from local.model_checker import delivery
from local.model_checker.clients import AwsClients
from local.model_checker.explorer import quiet
from local.model_checker.scenario import Scenario
from local.model_checker.steps import Steps
from tests.fakes.aws import models
from tests.fakes.aws.models import Checked
from tests.proof.checker.walks import WALKED, walk

WALKS = 10  # of each scenario; in `tests/proof/checker` a check of each call would take longer than the calls


@pytest.mark.parametrize("scenario", [pytest.param(scenario, id=scenario.name) for scenario in WALKED])
def test_every_call_of_a_walk_is_one_that_aws_takes(monkeypatch: pytest.MonkeyPatch, scenario: Scenario) -> None:
    """A call that is refused fails the test by itself; here it is seen that calls are checked at all."""
    checked = list[str]()

    def check(service: str, operation: str, parameters: Any) -> None:  # noqa: ANN401 (as boto3 takes it)
        checked.append(operation)
        own_check(service, operation, parameters)

    def clients(world: Any) -> Checked:  # noqa: ANN401 (the checker's)
        return Checked("dynamodb", Checked("sqs", AwsClients(world)))

    own_check = models.check
    monkeypatch.setattr(models, "check", check)
    monkeypatch.setattr(delivery, "AwsClients", clients)
    steps = Steps(scenario)
    with quiet():
        for seed in range(WALKS):
            assert not walk(steps, Random(seed))
    assert {"BatchExecuteStatement", "BatchGetItem", "ChangeMessageVisibilityBatch"} <= set(checked)
