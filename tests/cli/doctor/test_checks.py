"""`rtsms doctor`: each finding says what to do; a check that cannot be made does not stop the others."""

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from realtime_sms.aws.lanes import Lane
from realtime_sms.provider.calls import CallResult, NotSent, Reply, ReplyLost
from realtime_sms.vocabulary import MessageType
from rtsms.doctor import checks, limits
from rtsms.doctor.findings import Finding, Level
from rtsms.stack import QueueDepth, StackValues
from tests.cli.fakes import SECRET, SETTINGS, TOKEN, FakeClient, FakeStack, doctor_stack, healthy_clients, run


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": TOKEN}}, "Operation")


def _only(findings: Iterable[Finding]) -> Finding:
    (finding,) = findings
    return finding


def _secrets(value: str | Exception) -> dict[str, object]:
    reply = value if isinstance(value, Exception) else {"SecretString": value}
    return {"secretsmanager": FakeClient(get_secret_value=reply)}


NOW = time.time()


@pytest.mark.parametrize(
    ("secret", "level"),
    [
        (json.dumps({"access_token": TOKEN}), Level.GOOD),
        (json.dumps({"access_token": TOKEN, "issued_at": NOW, "expires_at": NOW + 3600}), Level.GOOD),
        (json.dumps({"access_token": TOKEN, "issued_at": 0, "expires_at": NOW - 3600}), Level.BAD),
        (json.dumps({"token": TOKEN}), Level.BAD),
        (TOKEN, Level.BAD),
        (_refusal("ResourceNotFoundException"), Level.BAD),
    ],
    ids=["own", "refreshed", "over", "other-name", "no-json", "empty"],
)
def test_the_token_secret_is_checked_and_never_shown(secret: str | Exception, level: Level) -> None:
    """No part of it is in the finding."""
    finding = _only(checks.check_token(doctor_stack(_secrets(secret))))
    assert finding.level is level
    assert ("is empty" in finding.said) == isinstance(secret, Exception)
    assert TOKEN not in str(finding)


@pytest.mark.parametrize(
    ("secret", "level"),
    [
        (json.dumps({"client_id": "me", "client_secret": SECRET}), Level.GOOD),
        (json.dumps({"client_id": "me", "client_secrte": SECRET}), Level.BAD),
        (SECRET, Level.BAD),
        (_refusal("ResourceNotFoundException"), Level.DOUBT),
    ],
    ids=["good", "misspelt", "no-json", "none"],
)
def test_the_credentials_are_checked_and_never_shown(secret: str | Exception, level: Level) -> None:
    """They may be missing: a deployment can get its tokens from elsewhere."""
    finding = _only(checks.check_credentials(doctor_stack(_secrets(secret))))
    assert finding.level is level
    assert SECRET not in str(finding)


@pytest.mark.parametrize(
    ("exchange", "level", "said"),
    [
        (Reply(200, b'{"balance": "457.00"}'), Level.GOOD, "457.00"),
        (Reply(200, b'{"balance": "0.00"}'), Level.BAD, "the balance is 0.00"),
        (Reply(401), Level.BAD, "refuses the token"),
        (Reply(403), Level.BAD, "does not allow"),
        (Reply(503), Level.DOUBT, "503"),
        (NotSent("dns"), Level.DOUBT, "dns"),
        (ReplyLost("timeout"), Level.DOUBT, "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_realtime_answers_is_judged(exchange: CallResult, level: Level, said: str) -> None:
    """The check calls *Get balance*, which sends nothing."""
    finding = checks.judge_balance_call(exchange, "https://x")
    assert finding.level is level
    assert said in finding.said
    assert bool(finding.to_do) == (level is not Level.GOOD)


def test_an_unreachable_realtime_is_doubtful() -> None:
    """The check calls RealTime from this machine."""
    finding = _only(checks.check_realtime(doctor_stack(_secrets(json.dumps({"access_token": TOKEN})))))
    assert (finding.level, finding.said) == (Level.DOUBT, "cannot be reached at http://127.0.0.1:9 from here: refused")
    assert _only(checks.check_realtime(doctor_stack(_secrets("")))).level is Level.DOUBT


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        (SETTINGS, ""),
        (SETTINGS | {"RedrivePolicy": ""}, "do not go to the stack's dead-letter queue"),
        (
            SETTINGS
            | {"RedrivePolicy": json.dumps({"deadLetterTargetArn": "arn:aws:sqs:x:1:dead", "maxReceiveCount": 5})},
            "after 5 receives",
        ),
        (SETTINGS | {"VisibilityTimeout": "30"}, "visibility timeout is 30 s"),
    ],
    ids=["good", "no-redrive", "few-receives", "short-visibility"],
)
def test_the_queues_settings_are_judged(attributes: dict[str, str], said: str) -> None:
    """A waiting message must not become a dead letter, and a message that is being sent must stay hidden."""
    finding = checks.judge_queue_settings(attributes, "http://aws/1/dead", 60)
    assert finding.level is (Level.BAD if said else Level.GOOD)
    assert said in finding.said


@pytest.mark.parametrize(
    ("statement", "level"),
    [
        (None, Level.GOOD),
        ({"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}, Level.BAD),
        ({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sqs:*"}, Level.BAD),
        ({"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}, Level.GOOD),
        ({"Effect": "Allow", "Principal": "*", "Condition": {"ArnEquals": {}}}, Level.GOOD),
        ({"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:root"}}, Level.GOOD),
    ],
    ids=["none", "anybody", "any-account", "denied", "conditional", "named"],
)
def test_a_queue_that_anybody_may_use_is_bad(statement: dict[str, Any] | None, level: Level) -> None:
    """Anybody could then send on our account."""
    assert checks.judge_queue_policy({"Statement": [statement]} if statement else {}).level is level


@pytest.mark.parametrize(("age", "level"), [(None, Level.GOOD), (10.0, Level.GOOD), (3600.0, Level.DOUBT)])
def test_messages_that_wait_long_are_doubtful(age: float | None, level: Level) -> None:
    """Something delays them."""
    assert checks.judge_waiting(QueueDepth(3, 4), age).level is level


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("CREATE_COMPLETE", Level.GOOD),
        ("UPDATE_IN_PROGRESS", Level.DOUBT),
        ("UPDATE_ROLLBACK_COMPLETE", Level.DOUBT),
        ("ROLLBACK_COMPLETE", Level.BAD),
        ("DELETE_FAILED", Level.BAD),
    ],
)
def test_the_stacks_status_is_judged(status: str, level: Level) -> None:
    """After a failed update the version before it runs."""
    assert _only(checks.check_stack(doctor_stack(status=status))).level is level


OPEN = Lane(MessageType.PROMOTIONAL)
PAUSED = replace(OPEN, paused_since=1.0)
CLOSED = replace(OPEN, closed_since=60.0)


@pytest.mark.parametrize(
    ("lane", "states", "level", "said"),
    [
        (OPEN, ["Enabled"], Level.GOOD, "promotional messages are passed to the send function"),
        (OPEN, ["Disabled"], Level.BAD, "the event source mapping of promotional messages is Disabled"),
        (OPEN, ["Enabling"], Level.DOUBT, "is Enabling"),
        (OPEN, [], Level.BAD, "no event source passes promotional messages"),
        (PAUSED, ["Enabled"], Level.DOUBT, "promotional open, paused since 1970-01-01T00:00:01.000Z: closes"),
        (replace(CLOSED, paused_since=1.0, why=("paused",)), ["Disabled"], Level.DOUBT, "00:01:00.000Z (paused)"),
        (replace(CLOSED, why=("paused",)), ["Disabled"], Level.DOUBT, "(paused), resumed: opens in a minute or two"),
        (replace(CLOSED, why=("balance", "auth")), ["Disabled"], Level.DOUBT, "(balance, auth)"),
        (replace(CLOSED, why=("outside_hours",)), ["Disabled"], Level.GOOD, "(outside_hours)"),
    ],
)
def test_a_lane_is_judged_by_what_closes_it_and_by_its_event_source(
    lane: Lane, states: list[str], level: Level, said: str
) -> None:
    """If a mapping is disabled and nothing keeps the lane closed, messages stay in the queue for no reason."""
    finding = checks.judge_lane(lane, set(states))
    assert finding.level is level
    assert said in finding.said


@pytest.mark.parametrize(("used", "left"), [("1", "2, 3"), ("3", "1, 2"), ("$LATEST", "1, 2, 3")])
def test_unused_versions_are_listed(used: str, left: str) -> None:
    """Lambda charges for their snapshots until they are deleted."""
    _, _, finding = checks.check_event_sources(doctor_stack(_mapped("Enabled", used=used, versions=3)))
    assert (finding.level, finding.said.endswith(f"version {left}")) == (Level.DOUBT, True)


def test_the_version_in_use_is_not_listed() -> None:
    """A deployment with SnapStart has one."""
    findings = checks.check_event_sources(doctor_stack(_mapped("Enabled", used="1", versions=1)))
    assert [one.level for one in findings] == [Level.GOOD, Level.GOOD]


def _mapped(*states: str, used: str = "$LATEST", versions: int = 0) -> dict[str, object]:
    """Make event source mappings to the version that is used, and a list of so many versions."""
    function = "arn:send" if used == "$LATEST" else f"arn:send:{used}"
    mappings = [{"State": state, "FunctionArn": function} for state in states]
    published = [
        {"Version": one, "FunctionArn": f"arn:send:{one}"} for one in ("$LATEST", *map(str, range(1, versions + 1)))
    ]
    replies = {
        "list_event_source_mappings": {"EventSourceMappings": mappings},
        "list_versions_by_function": {"Versions": published},
    }
    return {"lambda": FakeClient(**replies), **_breakers()}


def _breakers(*items: dict[str, Any]) -> dict[str, object]:
    return {"dynamodb": FakeClient(batch_get_item={"Responses": {"outcomes": list(items)}})}


def test_an_open_breaker_is_bad_and_says_since_when() -> None:
    """The finding says what closes it."""
    item = {
        "recipient": {"S": "balance"},
        "reason": {"S": "no_balance"},
        "since": {"N": "1800000000"},
        "times": {"N": "1"},
    }
    finding = _only(checks.check_breakers(doctor_stack(_breakers(item))))
    assert finding.level is Level.BAD
    assert "balance is open since 2027-01-15T08:00:00.000Z (no_balance)" in finding.said
    assert "top up" in finding.to_do
    assert _only(checks.check_breakers(doctor_stack(_breakers()))).level is Level.GOOD


@pytest.mark.parametrize(
    ("most", "used", "level", "said"),
    [
        ("0", 0, Level.GOOD, "off"),
        ("2000", 0, Level.GOOD, "0 % of today's 2,000 segments are used"),
        ("2000", 1599, Level.GOOD, "79 % of today's 2,000 segments are used"),
        ("2000", 1600, Level.DOUBT, "80 % of today's 2,000 segments are used"),
        ("2000", 2000, Level.DOUBT, "100 % of today's 2,000 segments are used"),
    ],
    ids=["off", "unused", "used", "nearly-full", "full"],
)
def test_the_use_of_the_daily_cap_is_judged(most: str, used: int, level: Level, said: str) -> None:
    """What it stops waits for the next day, so a full one fails nothing."""
    stack = doctor_stack(_breakers(*([{"used": {"N": str(used)}}] if used else [])))
    finding = _only(limits.check_daily_cap(_with(stack, MaxSegmentsPerDay=most)))
    assert (finding.level, finding.said) == (level, said)
    assert bool(finding.to_do) is (level is Level.DOUBT)


def _with(stack: FakeStack, **parameters: str) -> FakeStack:
    return replace(stack, parameters=StackValues("sms", "parameter", {**stack.parameters, **parameters}))


def test_alarms_are_listed_by_name() -> None:
    """Alarms of other stacks are not listed."""
    resources = [
        {"ResourceType": "AWS::CloudWatch::Alarm", "PhysicalResourceId": "dead-letters"},
        {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "send"},
    ]
    found = [
        {"AlarmName": "dead-letters", "StateValue": "ALARM", "AlarmDescription": "docs/operations.md"},
        {"AlarmName": "age", "StateValue": "OK"},
    ]
    clients = {
        "cloudformation": FakeClient(describe_stack_resources={"StackResources": resources}),
        "cloudwatch": FakeClient(describe_alarms={"MetricAlarms": found}),
    }
    loud, quiet = checks.check_alarms(doctor_stack(clients))
    assert (loud.level, loud.said, loud.to_do) == (Level.BAD, "dead-letters is in ALARM", "docs/operations.md")
    assert (quiet.level, quiet.said) == (Level.GOOD, "1 of 2 are quiet")
    none = {"cloudformation": FakeClient(describe_stack_resources={"StackResources": []})}
    assert _only(checks.check_alarms(doctor_stack(none))).level is Level.DOUBT


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, []),
        ({"AllowedPrefixes": "+54,+569"}, []),
        ({"AllowedPrefixes": "+5"}, []),
        ({"AllowedPrefixes": "+"}, ["messages go to the numbers of every country"]),
        (
            {"DefaultRegion": "AR"},
            ["national numbers are read as +54, which AllowedPrefixes (+56, +49) leaves out"],
        ),
        ({"PromotionalHolidays": "2020-09-18,9999-12-25"}, []),
        (
            {"PromotionalHolidays": "2020-12-25, 2020-09-18"},
            ["the last date of PromotionalHolidays, 2020-12-25, is over"],
        ),
    ],
    ids=["as-deployed", "a-part", "a-zone", "everywhere", "left-out", "holidays", "over"],
)
def test_doubtful_parameters_are_reported(parameters: dict[str, str], said: list[str]) -> None:
    """A stolen key could cost more than it must, no national number is sent to, or holidays are forgotten."""
    found = list(checks.check_stack(_with(doctor_stack(), **parameters)))[1:]
    assert [(one.level, one.said) for one in found] == [(Level.DOUBT, one) for one in said]
    assert all(one.to_do for one in found)


def test_a_check_without_permission_does_not_stop_the_others() -> None:
    """The finding says which permission to ask for."""
    denied = _refusal("AccessDenied")
    clients = {
        "secretsmanager": FakeClient(get_secret_value=denied),
        "dynamodb": FakeClient(describe_table=denied, batch_get_item=denied),
        "lambda": FakeClient(list_event_source_mappings=denied, get_function_configuration=denied),
        "sqs": FakeClient(get_queue_attributes=denied),
        "cloudformation": FakeClient(describe_stack_resources=denied),
    }
    ran = run("doctor", "--json", stack=doctor_stack(clients))
    *findings, summary = ran.lines
    assert {finding["check"] for finding in findings} == {name for name, _ in checks.CHECKS}
    assert "IAM policy" in findings[1]["toDo"]
    assert summary["summary"]["bad"] == sum(finding["level"] == "bad" for finding in findings)
    assert TOKEN not in ran.out


class _Queues:
    """A promotional queue that hides messages for too short a time, and others that are as they should be."""

    def get_queue_attributes(self, *, QueueUrl: str, **_: object) -> dict[str, dict[str, str]]:  # noqa: N803 (boto3's)
        """Return the attributes of a queue."""
        counts = {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
        wrong = {"VisibilityTimeout": "30"} if QueueUrl.endswith("promotional") else {}
        return {"Attributes": SETTINGS | counts | wrong}


def test_the_settings_of_either_queue_may_be_wrong() -> None:
    """The depth of the promotional queue is told apart: it may be large for a night."""
    clients = healthy_clients() | {"sqs": _Queues()}
    ran = run("doctor", stack=doctor_stack(clients))
    assert "✗ queue settings: the visibility timeout is 30 s" in ran.out
    assert "✓ promotional queue: 0 available" in ran.out
    assert ran.code == 1


def test_the_exit_code_says_whether_something_is_bad() -> None:
    """A doubtful finding alone does not fail the command."""
    ran = run("doctor", stack=doctor_stack(healthy_clients(dead=2)))
    assert ran.code == 0, ran.out
    assert "✓ token: " in ran.out
    assert "! dead letters: 2 in the dead-letter queue\n  → " in ran.out
    assert ran.out.endswith("13 good, 2 doubt, 0 bad\n")
    assert run("doctor", stack=doctor_stack(healthy_clients(), status="ROLLBACK_COMPLETE")).code == 1
