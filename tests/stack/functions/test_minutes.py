"""What takes minutes, and so runs in `make acceptance` only: an alarm and back, and the units that an SMS uses."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local import ROOT
from realtime_sms.aws.table import BREAKERS
from tests.acceptance.account import AccountStack
from tests.stack import function_log
from tests.stack.deployment import Deployment, request_body, until

pytestmark = [pytest.mark.stack, pytest.mark.acceptance]

PAGE = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
RECIPIENT = "+56925400009"
ALARM_SECONDS = 600  # an alarm looks at whole periods of a minute, some minutes late
SENT = 100
UNITS = {"": 2, "open": 3, "submission": 1}  # writes of an SMS that RealTime took and nobody reported; by index
BESIDE = 30  # writes of a run of maintenance, of breakers and of the lock, within the minutes that are looked at


@pytest.fixture
def penniless(deployed: Deployment) -> Iterator[None]:
    """Set the account's balance to 0, with closed breakers before and after; restore it."""
    deployed.forget_breakers()
    deployed.restart_sender()
    deployed.simulator("POST", "state", {"balance": "0"})
    yield
    deployed.simulator("POST", "state", {"balance": "1000000"})
    deployed.forget_breakers()


@pytest.mark.usefixtures("penniless")
def test_an_alarm_fires_and_recovers(deployed: Deployment) -> None:
    """Without balance the breaker opens and the alarm fires; after the top-up both end, and the message is sent."""
    request_id = deployed.new_id("alarm")
    deployed.publish(request_body(request_id, RECIPIENT))
    until(lambda: deployed.items(BREAKERS).get("balance", {}).get("since"), within=60, awaited="an open breaker")
    until(lambda: _alarm(deployed) == "ALARM" or None, within=ALARM_SECONDS, awaited="the alarm")
    deployed.simulator("POST", "top-up", {"units": "100"})
    assert deployed.outcome(request_id, within=ALARM_SECONDS)["status"] == "submitted"
    until(lambda: _alarm(deployed) == "OK" or None, within=ALARM_SECONDS, awaited="the end of the alarm")


def _alarm(deployed: Deployment) -> str:
    """Run maintenance, which measures breakers; return the state of the alarm on the balance."""
    deployed.invoke("MaintenanceFunctionName")
    watch: Any = deployed.session.client("cloudwatch")
    if not isinstance(deployed.stack, AccountStack):
        _put_what_was_logged(deployed, watch)
    (name,) = [one for one in deployed.resources("AWS::CloudWatch::Alarm") if "BalanceBreakerAlarm" in one]
    (alarm,) = watch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def _put_what_was_logged(deployed: Deployment, watch: Any) -> None:  # noqa: ANN401 (boto3's clients)
    """Put the metric of the last run, as CloudWatch takes it out of the log; the embedded AWS does not."""
    lines = function_log.lines(deployed.session, deployed.outputs["MaintenanceFunctionName"])
    *_, last = [json.loads(line) for line in lines if '"BalanceBreakerOpen":' in line]
    value = last["BalanceBreakerOpen"]
    datum = {"MetricName": "BalanceBreakerOpen", "Value": float(value[0] if isinstance(value, list) else value)}
    dimensions = [{"Name": "service", "Value": deployed.stack.name}]
    watch.put_metric_data(Namespace="RealTimeSms", MetricData=[{**datum, "Dimensions": dimensions}])


def test_an_sms_uses_the_units_that_the_page_says(deployed: Deployment) -> None:
    """As CloudWatch counts them, for the table and each index, over the whole minutes of one request."""
    if not isinstance(deployed.stack, AccountStack):
        pytest.skip("the embedded AWS counts no units; tests/docs/test_limits.py computes them from the items")
    assert "| submitted | 1 write | 2 writes; " in PAGE
    deployed.settle()
    start = _next_minute()
    request_id = deployed.new_id("units")
    deployed.publish(*(request_body(f"{request_id}.{one}", f"+5692541{one:04}") for one in range(SENT)))
    for one in range(SENT):
        deployed.outcome(f"{request_id}.{one}")
    end = _next_minute()
    for index, writes in UNITS.items():
        least, most = SENT * writes, SENT * writes + BESIDE
        found = until(
            lambda index=index, least=least: _at_least(least, _units(deployed, index, start, end)),  # type: ignore[misc]  # a lambda's defaults
            within=ALARM_SECONDS,
            awaited=f"{least} units of {index or 'the table'}",
        )
        assert found <= most, f"{index or 'the table'}: {found} units for {SENT} SMS"


def _next_minute() -> datetime:
    """Wait for the beginning of a minute, because CloudWatch counts by minutes."""
    now = datetime.now(UTC)
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    until(lambda: time.time() >= start.timestamp() or None, within=70, awaited="a new minute")
    return start


def _at_least(least: int, found: float) -> float | None:
    return found if found >= least else None


def _units(deployed: Deployment, index: str, start: datetime, end: datetime) -> float:
    dimensions = [{"Name": "TableName", "Value": deployed.outputs["OutcomesTableName"]}]
    dimensions += [{"Name": "GlobalSecondaryIndexName", "Value": index}] if index else []
    watch: Any = deployed.session.client("cloudwatch")
    reply = watch.get_metric_statistics(
        Namespace="AWS/DynamoDB",
        MetricName="ConsumedWriteCapacityUnits",
        Dimensions=dimensions,
        StartTime=start,
        EndTime=end,
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(one["Sum"] for one in reply["Datapoints"]))
