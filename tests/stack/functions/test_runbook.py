"""The commands of docs/operations.md, each as it stands there; and that every alarm fires on its metric."""

import os
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import ROOT
from tests.cli.fakes import IMPORTS
from tests.stack.deployment import Deployment, until
from tests.stack.examples import environment, execute

pytestmark = pytest.mark.stack

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
COMMANDS = {
    f"{title}-{number}": command
    for title, body in re.findall(r"^#+ ([^\n]+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    for number, command in enumerate(re.findall(r"```sh\n(.*?)```", body, re.DOTALL))
}
_RTSMS = f'rtsms() {{ "{sys.executable}" -m rtsms "$@"; }}\n'


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_the_page_runs(deployed: Deployment, name: str) -> None:
    """It has only the stack's outputs and credentials."""
    own = {"STACK": deployed.stack.name, "RTSMS_STACK": deployed.stack.name, "PYTHONPATH": IMPORTS}
    variables = {**environment(deployed), **own, "HOME": os.devnull}
    execute(name, ["bash", "-euo", "pipefail", "-c", _RTSMS + COMMANDS[name]], variables)


@pytest.fixture(scope="module")
def alarms(deployed: Deployment) -> Iterator[list[Any]]:
    """Yield the deployed alarms, and reset them."""
    watch: Any = deployed.session.client("cloudwatch")
    own = deployed.resources("AWS::CloudWatch::Alarm")
    found = watch.describe_alarms(AlarmNames=own, MaxRecords=100)["MetricAlarms"]
    yield found
    for alarm in found:
        watch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="the test is over")


@pytest.mark.embedded
def test_each_alarm_fires_on_its_metric(deployed: Deployment, alarms: list[Any]) -> None:
    """It fires at its threshold; the metric is put as its service puts it.

    The embedded AWS ignores dimensions and knows no missing data: the alarm on a function that does not run cannot
    fire there, because others run. The next test checks that what it reads is written.
    """
    watch: Any = deployed.session.client("cloudwatch")
    firing = {one["AlarmName"]: one for one in alarms if not one["ComparisonOperator"].startswith("LessThan")}
    assert len(alarms) - len(firing) == 1
    for alarm in firing.values():
        datum = {name: alarm[name] for name in ("MetricName", "Dimensions")} | {"Value": alarm["Threshold"]}
        watch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])

    def quiet() -> list[str]:
        found = watch.describe_alarms(AlarmNames=list(firing), MaxRecords=100)["MetricAlarms"]
        return [one["AlarmName"] for one in found if one["StateValue"] != "ALARM"]

    until(lambda: not quiet() or None, within=30, awaited=f"every alarm but {quiet()}")


def test_the_alarm_on_silence_reads_what_each_run_of_maintenance_writes(
    deployed: Deployment, alarms: list[Any]
) -> None:
    """The name and the dimension are the alarm's, so it fires only when there are none."""
    (alarm,) = [one for one in alarms if one["ComparisonOperator"].startswith("LessThan")]
    deployed.invoke("MaintenanceFunctionName")
    now = datetime.now(UTC)
    found = deployed.session.client("cloudwatch").get_metric_statistics(
        **{name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions", "Period")},
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Statistics=["Sum"],
    )
    assert sum(one["Sum"] for one in found["Datapoints"]) >= alarm["Threshold"]
