"""What Secrets Manager, EventBridge and its Scheduler, and Lambda answer."""

from typing import Any

from tests.recorded.fact import AWS_PAGES, MEBIBYTE, SNAPSHOTS, Fact

_EVENTS = f"{SNAPSHOTS}/events/test_events.snapshot.json"
_SECRETS = f"{SNAPSHOTS}/secretsmanager/test_secretsmanager.snapshot.json"
_SCHEDULER = f"{SNAPSHOTS}/scheduler/test_scheduler.snapshot.json"
_LAMBDA = f"{SNAPSHOTS}/lambda_/test_lambda"


def schedule(name: str, expression: str = "at(2036-12-31T23:59:59)") -> dict[str, Any]:
    """Return a schedule that puts a message on the queue once."""
    target = {"Arn": "<queue ARN>", "RoleArn": "arn:aws:iam::000000000000:role/none", "Input": "{}"}
    mode = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ActionAfterCompletion": "DELETE"}
    return {"Name": name, "ScheduleExpression": expression, "Target": target, **mode}


def _event(**changes: object) -> dict[str, Any]:
    entry = {"Source": "realtime-sms", "DetailType": "t", "Detail": "{}"} | changes
    return {"Entries": [{name: value for name, value in entry.items() if value is not None}]}


OTHERS: dict[str, Fact] = {
    "a secret without a value": Fact(
        "secretsmanager.GetSecretValue",
        {"SecretId": "<empty secret>"},
        "ResourceNotFoundException",
        f"{_SECRETS} test_secret_version_not_found",
        "2024-06-13",
        fakes=True,
        differs="the answer has no value and no error",
    ),
    "a secret that there is not": Fact(
        "secretsmanager.GetSecretValue",
        {"SecretId": "none"},
        "ResourceNotFoundException",
        f"{_SECRETS} test_secret_not_found",
        "2022-09-28",
        fakes=True,
    ),
    "a secret without an earlier version": Fact(
        "secretsmanager.GetSecretValue",
        {"SecretId": "<secret>", "VersionStage": "AWSPREVIOUS"},
        "ResourceNotFoundException",
        f"{_SECRETS} test_get_secret_value_errors",
        "2024-04-11",
        fakes=True,
    ),
    "a detail that is no JSON": Fact(
        "events.PutEvents",
        _event(Detail="{not JSON"),
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]},
        f"{_EVENTS} test_put_event_malformed_detail",
        "2025-01-08",
        differs="the event is taken",
    ),
    "a detail that is no object": Fact(
        "events.PutEvents",
        _event(Detail="[]"),
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]},
        f"{_EVENTS} test_put_event_malformed_detail",
        "2025-01-08",
        differs="the event is taken",
    ),
    "an event without a detail": Fact(
        "events.PutEvents",
        _event(Detail=None),
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InvalidArgument"}]},
        f"{_EVENTS} test_put_event_without_detail",
        "2025-01-08",
        differs="the event is taken",
    ),
    "an event without a source": Fact(
        "events.PutEvents",
        _event(Source=None),
        {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InvalidArgument"}]},
        f"{_EVENTS} test_put_events_without_source",
        "2025-01-08",
        differs="the event is taken",
    ),
    "events that are too large": Fact(
        "events.PutEvents",
        _event(Detail='{"a": "%s"}' % ("x" * MEBIBYTE)),
        "ValidationException",
        f"{_EVENTS} test_put_event_with_too_big_detail",
        "2025-01-08",
        differs="the events are taken",
    ),
    "eleven events": Fact(
        "events.PutEvents",
        {"Entries": _event()["Entries"] * 11},
        "ValidationException",
        f"{_EVENTS} test_put_events_exceed_limit_ten_entries",
        "2025-01-08",
    ),
    "a bus that there is not": Fact(
        "events.PutEvents",
        _event(EventBusName="none"),
        {"FailedEntryCount": 0},
        f"{_EVENTS} test_put_events_nonexistent_event_bus",
        "2025-01-08",
    ),
    "a schedule": Fact(
        "scheduler.CreateSchedule",
        schedule("new"),
        {},
        f"{_SCHEDULER} tests_create_schedule_with_valid_schedule_expression",
        "2025-02-02",
    ),
    "a schedule at a time in UTC": Fact(
        "scheduler.CreateSchedule",
        schedule("utc", "at(2036-12-31T23:59:59Z)"),
        "ValidationException",
        f"{_SCHEDULER} tests_create_schedule_with_invalid_schedule_expression",
        "2025-01-26",
        differs="it is created",
    ),
    "a schedule of a name that there is": Fact(
        "scheduler.CreateSchedule",
        schedule("held"),
        "ConflictException",
        f"{AWS_PAGES}/scheduler/latest/APIReference/API_CreateSchedule.html",
        "2026-11-28",
    ),
    "a schedule that there is not": Fact(
        "scheduler.DeleteSchedule",
        {"Name": "none"},
        "ResourceNotFoundException",
        f"{AWS_PAGES}/scheduler/latest/APIReference/API_DeleteSchedule.html",
        "2026-11-28",
    ),
    "a function that there is not": Fact(
        "lambda.Invoke",
        {"FunctionName": "none"},
        "ResourceNotFoundException",
        f"{_LAMBDA}.snapshot.json test_invoke_exceptions",
        "2025-11-24",
    ),
    "a mapping that there is not": Fact(
        "lambda.UpdateEventSourceMapping",
        {"UUID": "15a0ba6c-5d41-4d3f-a7a4-2b1a2f5b1d2c", "Enabled": False},
        "ResourceNotFoundException",
        f"{_LAMBDA}_api.snapshot.json test_event_source_mapping_exceptions",
        "2025-11-27",
    ),
}
