"""Alarms and the dashboard: what they name exists, is written when its cause comes, and has its place in the docs."""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from callbacks.receive import receive
from local import ROOT
from maintenance import current_metrics
from maintenance.gates import set_gates
from realtime_sms.aws.breakers import Breaker
from realtime_sms.aws.lanes import Lane
from realtime_sms.aws.queues import QueueMessage, SendQueue
from realtime_sms.aws.telemetry import (
    NAMESPACE,
    Metric,
    counters,
    log_outcome,
    of_promotional,
    of_reason,
    of_rejection,
    of_status,
)
from realtime_sms.outcomes.submission import Rules
from realtime_sms.vocabulary import MessageType, Reason, Status
from refresh import handler as refresh
from refresh.refresher import Outcome
from tests.fakes import emf
from tests.fakes.lambda_context import Context
from tests.fakes.submissions import FAILED, UNKNOWN
from tests.template.rendered import rendered

OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OF_AWS = {
    "AWS/SQS": {
        *("ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"),
        "ApproximateNumberOfMessagesNotVisible",
    },
    "AWS/Lambda": {"Errors", "Invocations", "IteratorAge"},
    "AWS/ApiGateway": {"5XXError"},
}
OURS = {*Metric, *map(of_status, Status), *map(of_promotional, Status)}


def _alarms() -> dict[str, dict[str, Any]]:
    found = {
        name: one for name, one in rendered(MaxSegmentsPerDay="1000").items() if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    return {name: one["Properties"] for name, one in found.items()}


ALARMS = _alarms()


def _look(letters: int, *opened: Breaker, untraced: int = 0, cap: int = 0) -> None:
    breakers: Any = SimpleNamespace(
        refresh=lambda: True, all_open=lambda: [SimpleNamespace(breaker=breaker) for breaker in opened]
    )
    found: Any = SimpleNamespace(size=lambda: letters)
    deliveries: Any = SimpleNamespace(count_untraced=lambda most: min(untraced, most))
    daily_cap: Any = SimpleNamespace(percent=lambda _: cap)
    current_metrics.measure_current(breakers, found, deliveries, daily_cap)


def _fail_to_open() -> None:
    lane, breakers, lanes = Lane(MessageType.TRANSACTIONAL), Mock(), Mock()
    breakers.read.return_value, lanes.read.return_value = [], [lane]
    client = Mock(**{"get_event_source_mapping.return_value": {"State": "Updating"}})
    set_gates(lanes, breakers, None, {lane.lane: "id"}, client, now=time.time())


def _put_off(age: float) -> None:
    message = QueueMessage("1", "h", "", receive_count=9, sent_at=time.time() - age)
    client: Any = SimpleNamespace(change_message_visibility_batch=lambda **_: {})
    SendQueue(client, "queue").postpone([(message, 60)])


def _fail_to_refresh() -> None:
    refuser = SimpleNamespace(refresh=lambda _: Outcome.REFUSED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refresh, "_refresher", lambda: refuser)
        refresh.lambda_handler({}, Context())  # type: ignore[arg-type]  # as much of it as is looked at


def _post_nonsense() -> None:
    ports: Any = SimpleNamespace(keys=SimpleNamespace(accept=lambda _: True))
    receive({"httpMethod": "POST", "pathParameters": {"key": "k", "kind": "inbound"}, "body": "{}"}, ports)


CAUSES: Mapping[str, Callable[[], None]] = {
    Metric.DEAD_LETTERS: lambda: _look(1),
    Metric.WAITING_AGE: lambda: _put_off(3600),
    Metric.AUTH_BREAKER_OPEN: lambda: _look(0, Breaker.AUTH),
    Metric.BALANCE_BREAKER_OPEN: lambda: _look(0, Breaker.BALANCE),
    Metric.ENDPOINT_BREAKER_OPEN: lambda: _look(0, Breaker.ENDPOINT),
    Metric.DAILY_CAP_USED: lambda: _look(0, cap=80),
    Metric.LANE_STUCK: _fail_to_open,
    of_status(Status.UNKNOWN): lambda: log_outcome(UNKNOWN),
    of_status(Status.FAILED): lambda: log_outcome(FAILED),
    Metric.REFRESH_FAILURES: _fail_to_refresh,
    Metric.CALLBACKS_UNREADABLE: _post_nonsense,
}


@pytest.mark.parametrize("name", [name for name, one in ALARMS.items() if one["Namespace"] == NAMESPACE])
def test_what_an_alarm_reads_is_written_when_its_cause_comes(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the alarm's name, namespace and dimension."""
    alarm = ALARMS[name]
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "a-stack")
    counters.write()
    capsys.readouterr()
    assert alarm["MetricName"] in CAUSES, "write in CAUSES how this metric comes to be written"
    CAUSES[alarm["MetricName"]]()
    counters.write()
    written = [one for one in emf.read(capsys.readouterr().out.splitlines()) if one.name == alarm["MetricName"]]
    assert [one["Name"] for one in alarm["Dimensions"]] == ["service"]
    assert {(one.namespace, one.dimensions) for one in written} == {(NAMESPACE, frozenset({("service", "a-stack")}))}
    reached = alarm["Threshold"] if alarm["Statistic"] == "Maximum" else 1  # a sum grows with the cause
    assert max(max(one.values) for one in written) >= reached, "the metric cannot reach the alarm's threshold"


@pytest.mark.parametrize(
    "name", [name for name, one in ALARMS.items() if one["Namespace"] in {"AWS/SQS", "AWS/Lambda"}]
)
def test_an_alarm_on_a_metric_of_aws_names_one_of_our_resources(name: str) -> None:
    """With the dimension that AWS uses for it."""
    alarm = ALARMS[name]
    assert alarm["MetricName"] in OF_AWS[alarm["Namespace"]]
    (dimension,) = alarm["Dimensions"]
    logical_id = re.sub(r"[<>]|\.QueueName", "", str(dimension["Value"]))
    wanted = {"AWS/SQS": ("QueueName", "AWS::SQS::Queue"), "AWS/Lambda": ("FunctionName", "AWS::Lambda::Function")}
    assert (dimension["Name"], rendered()[logical_id]["Type"]) == wanted[alarm["Namespace"]]


def test_the_alarms_on_the_api_name_its_stage_and_the_callbacks_method() -> None:
    """A handler that answers 503 has no error, so only API Gateway counts it (its dimensions and metrics).

    It has metrics of a method only where the stage asks for them.
    """
    resources = rendered()
    definition = resources["Api"]["Properties"]["Body"]
    stage = {"ApiName": definition["info"]["title"], "Stage": "<Apiv1Stage>"}
    (path,) = (path for path in definition["paths"] if "callbacks" in path)
    method = {"Resource": path, "Method": "POST"}
    told = {
        name: {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
        for name, alarm in ALARMS.items()
        if alarm["Namespace"] == "AWS/ApiGateway"
    }
    assert told == {"ApiFaultsAlarm": stage, "CallbacksFaultsAlarm": stage | method}
    assert {ALARMS[name]["MetricName"] for name in told} == {"5XXError"}
    measured = [one for one in resources["Apiv1Stage"]["Properties"]["MethodSettings"] if one.get("MetricsEnabled")]
    assert [(one["ResourcePath"], one["HttpMethod"]) for one in measured] == [(f"/{path.replace('/', '~1')}", "POST")]


def test_the_stream_is_watched_long_before_a_change_is_given_up() -> None:
    """`IteratorAge` is in milliseconds."""
    mapping = next(one for one in rendered().values() if "MaximumRecordAgeInSeconds" in one["Properties"])
    assert ALARMS["EventsLateAlarm"]["MetricName"] == "IteratorAge"
    assert ALARMS["EventsLateAlarm"]["Threshold"] / 1000 < mapping["Properties"]["MaximumRecordAgeInSeconds"] / 4


def test_a_message_that_waits_keeps_its_alarm_until_it_is_tried_again() -> None:
    """It is measured only when it is put off, so one period of the evaluated ones must be enough."""
    alarm, rules = ALARMS["WaitingAlarm"], Rules()
    longest = max(rules.delay(tries, 0) for tries in range(100)) * 1.1  # RealTime's own Retry-After gets a tenth more
    assert alarm["Period"] * alarm["EvaluationPeriods"] > longest
    assert alarm["DatapointsToAlarm"] == 1


def test_the_longest_wait_is_written_once(capsys: pytest.CaptureFixture[str]) -> None:
    """However many messages an invocation puts off."""
    counters.write()
    capsys.readouterr()
    for age in (60, 7200, 600):
        _put_off(age)
    counters.write()
    (told,) = emf.read(capsys.readouterr().out.splitlines())
    assert (told.name, told.unit, round(told.values[0], -1)) == ("WaitingAge", "Seconds", 7200)


def _shown(metrics: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield namespace and name of each row of a widget, with its dots filled in."""
    before: list[Any] = []
    for row in metrics:
        told = [one for one in row if not isinstance(one, dict)]
        if not told:
            continue  # an expression
        told = [*before[: len(before) - len(told) + 1], *told[1:]] if told[0] == "..." else told
        before = [old if new == "." else new for old, new in zip(before or told, told, strict=True)]
        yield before[0], before[1]


def test_the_dashboard_shows_only_what_is_written() -> None:
    """It is JSON once its names are filled in."""
    body = json.loads(rendered()["Dashboard"]["Properties"]["DashboardBody"])
    shown = {one for widget in body["widgets"] for one in _shown(widget["properties"]["metrics"])}
    assert len(shown) > len(body["widgets"])
    for namespace, name in shown:
        assert name in (OURS if namespace == NAMESPACE else OF_AWS[namespace]), name


def _matches(term: str, name: str) -> bool:
    """Return True if a search term of CloudWatch finds a metric: the whole name if quoted, else a word of it.

    Source: CloudWatch User Guide, *Search expression syntax*.
    """
    wanted = term.removeprefix("MetricName=")
    return wanted.strip('"') == name if '"' in wanted else wanted.lower() in re.split(r"\W|_", name.lower())


def test_the_dashboard_search_finds_each_reason_and_no_total() -> None:
    """Of this stack only: CloudWatch joins by AND before OR, so the OR must be in brackets."""
    body = json.loads(rendered()["Dashboard"]["Properties"]["DashboardBody"])
    rows = [row[0] for widget in body["widgets"] for row in widget["properties"]["metrics"]]
    (search,) = [row["expression"] for row in rows if isinstance(row, dict)]
    either, without = re.findall(r"\((MetricName.*?)\)", search)[0], re.findall(r'NOT (\S+")', search)
    assert " OR " not in search.replace(either, "")

    def found(name: str) -> bool:
        return any(_matches(term, name) for term in either.split(" OR ")) and not any(
            _matches(term, name) for term in without
        )

    shown = (Status.FAILED, Status.UNKNOWN, Status.WAITING)
    assert all(found(of_reason(status, reason)) for status in shown for reason in Reason)
    assert not any(map(found, [*OURS, of_reason(Status.SUBMITTED, Reason.ACCEPTED), of_rejection(Reason.CONFLICT)]))


def test_the_page_has_a_section_for_each_alarm_and_no_other() -> None:
    """The alarm's description names it."""
    section = OPERATIONS.partition("\n## Alarms\n")[2].partition("\n## ")[0]
    anchors = {heading.lower().replace(" ", "-") for heading in re.findall(r"^### (.+)$", section, re.MULTILINE)}
    named = {alarm["AlarmDescription"].rpartition("docs/operations.md#")[2] for alarm in ALARMS.values()}
    assert named == anchors


def test_an_alarm_on_too_few_treats_missing_data_as_breaching() -> None:
    """Because a function that does not run writes no metric."""
    found = {one["TreatMissingData"]: name for name, one in ALARMS.items() if "LessThan" in one["ComparisonOperator"]}
    assert found == {"breaching": "MaintenanceStoppedAlarm"}


def test_each_alarm_notifies_the_topic() -> None:
    """When it fires and when it is over; `AlarmTopicArn` replaces the stack's own topic."""
    for given, topic in (("", "<AlarmTopic>"), ("arn:aws:sns:sa-east-1:000000000000:own", None)):
        resources = rendered(AlarmTopicArn=given)
        found = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
        assert {str([*one["AlarmActions"], *one["OKActions"]]) for one in found} == {str([topic or given] * 2)}
        assert ("AlarmTopic" in resources) == (not given)
