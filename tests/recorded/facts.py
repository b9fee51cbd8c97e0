"""What AWS answers, as others recorded it: each fact with its call, AWS's answer, the source and the date.

Most sources are tests of public emulators that were run against AWS, which wrote down its answer; the date is that of
the recording, or of the last change of the file if it tells none. Some are pages of AWS's documentation, with the date
on which they were read. Names in angle brackets are filled in by `test_facts.py`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

TABLE, HELD = "facts", ("held", "+56961234567")  # an item with `status` and `attempt`
HELD_ITEM = {
    "requestId": {"S": HELD[0]},
    "recipient": {"S": HELD[1]},
    "status": {"S": "sending"},
    "attempt": {"N": "1"},
}
MEBIBYTE = 1_048_576

_SNAPSHOTS = "localstack/localstack tests/aws/services"
_SQS = f"{_SNAPSHOTS}/sqs/test_sqs.snapshot.json"
_SQS_TEST = f"{_SNAPSHOTS}/sqs/test_sqs.py"  # it asserts the code itself; validated against AWS on the date
_EVENTS = f"{_SNAPSHOTS}/events/test_events.snapshot.json"
_SECRETS = f"{_SNAPSHOTS}/secretsmanager/test_secretsmanager.snapshot.json"
_SCHEDULER = f"{_SNAPSHOTS}/scheduler/test_scheduler.snapshot.json"
_TABLES = f"{_SNAPSHOTS}/dynamodb/test_dynamodb.snapshot.json"
_LAMBDA = f"{_SNAPSHOTS}/lambda_/test_lambda"
_CONFORMANCE = "nubo-db/dynamodb-conformance tests"  # every test passes on AWS
_CAPTURED = "nubo-db/dynoxide tests/partiql.rs"  # marked there as captured on AWS
_DYNALITE = "architect/dynalite test/updateItem.js"
_API = "https://docs.aws.amazon.com"


class Fact(NamedTuple):
    """One call and its answer: an error code, or what the answer holds at least.

    `fakes` is True where our fakes know the operation. `differs` says how the embedded AWS answers instead.
    """

    call: str
    given: Mapping[str, Any]
    answer: str | Mapping[str, Any]
    recorded: str
    on: str
    fakes: bool = False
    differs: str = ""


def _key(*key: str) -> dict[str, Any]:
    return {"requestId": {"S": key[0]}, "recipient": {"S": key[1]}}


def _insert(*key: str) -> dict[str, Any]:
    text = f"INSERT INTO \"{TABLE}\" VALUE {{'requestId': ?, 'recipient': ?}}"
    return {"Statement": text, "Parameters": list(_key(*key).values())}


def _update(status: str, *key: str, change: str = 'SET "status"=?', more: Any = ()) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    text = f'UPDATE "{TABLE}" {change} WHERE "requestId"=? AND "recipient"=? AND "status"=?'
    values = [*more] if more or "?" not in change else [{"S": "sending"}]
    return {"Statement": text, "Parameters": [*values, *_key(*key).values(), {"S": status}]}


def _select(*key: str) -> dict[str, Any]:
    text = f'SELECT * FROM "{TABLE}" WHERE "requestId"=? AND "recipient"=?'
    return {"Statement": text, "Parameters": list(_key(*key).values())}


def _keys(*keys: tuple[str, str]) -> dict[str, Any]:
    return {"RequestItems": {TABLE: {"Keys": [_key(*key) for key in keys], "ConsistentRead": True}}}


def _send(body: str, **attributes: str) -> dict[str, Any]:
    told = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    return {"QueueUrl": "<queue>", "MessageBody": body} | ({"MessageAttributes": told} if told else {})


def _batch(*bodies: str, ids: str = "") -> dict[str, Any]:
    named = ids or "abcdefghijklmnopqrstuvwxyz"
    return {
        "QueueUrl": "<queue>",
        "Entries": [{"Id": i, "MessageBody": one} for i, one in zip(named, bodies, strict=False)],
    }


def _hide(seconds: int) -> dict[str, Any]:
    entry = {"Id": "a", "ReceiptHandle": "<receipt>", "VisibilityTimeout": seconds}
    return {"QueueUrl": "<received>", "Entries": [entry]}


def schedule(name: str, expression: str = "at(2036-12-31T23:59:59)") -> dict[str, Any]:
    """Return a schedule that puts a message on the queue once."""
    target = {"Arn": "<queue ARN>", "RoleArn": "arn:aws:iam::000000000000:role/none", "Input": "{}"}
    mode = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ActionAfterCompletion": "DELETE"}
    return {"Name": name, "ScheduleExpression": expression, "Target": target, **mode}


def _event(**changes: object) -> dict[str, Any]:
    entry = {"Source": "realtime-sms", "DetailType": "t", "Detail": "{}"} | changes
    return {"Entries": [{name: value for name, value in entry.items() if value is not None}]}


SQS: dict[str, Fact] = {
    "an attribute of length 0": Fact(
        "sqs.SendMessage",
        _send("body", detail=""),
        "InvalidParameterValue",
        f"{_SQS} test_send_message_with_empty_string_attribute",
        "2024-04-30",
        fakes=True,
        differs="the message is taken",
    ),
    "an empty body": Fact(
        "sqs.SendMessage", _send(""), "MissingParameter", f"{_SQS} test_send_empty_message", "2025-09-22", fakes=True
    ),
    "a message over a mebibyte": Fact(
        "sqs.SendMessage",
        _send("x" * (MEBIBYTE + 1)),
        "InvalidParameterValue",
        f"{_SQS} test_send_oversized_message",
        "2025-08-19",
        fakes=True,
    ),
    "a character that is none": Fact(
        "sqs.SendMessage",
        _send("Invalid-\0-\b-\x13-\uffff"),
        "InvalidMessageContents",
        f"{_SQS_TEST} test_send_message_with_invalid_payload_characters",
        "2024-04-30",
        fakes=True,
    ),
    "a character that is none, in a batch": Fact(
        "sqs.SendMessageBatch",
        _batch("good", "\x01"),
        {"Successful": [{"Id": "a"}], "Failed": [{"Id": "b", "Code": "InvalidMessageContents"}]},
        f"{_SQS_TEST} test_batch_send_with_invalid_char_should_succeed",
        "2024-04-30",
        fakes=True,
    ),
    "a batch over a mebibyte": Fact(
        "sqs.SendMessageBatch",
        _batch("x" * (MEBIBYTE // 2), "x" * (MEBIBYTE // 2 + 1)),
        "AWS.SimpleQueueService.BatchRequestTooLong",
        f"{_SQS} test_send_message_batch_with_oversized_contents",
        "2025-08-19",
        fakes=True,
    ),
    "a batch of twenty": Fact(
        "sqs.SendMessageBatch",
        _batch(*["body"] * 20),
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        f"{_SQS} test_too_many_entries_in_batch_request",
        "2024-04-30",
        fakes=True,
    ),
    "a batch of none": Fact(
        "sqs.SendMessageBatch",
        _batch(),
        "AWS.SimpleQueueService.EmptyBatchRequest",
        f"{_SQS_TEST} test_send_message_batch_with_empty_list",
        "2024-04-30",
        fakes=True,
    ),
    "an entry's id with a colon": Fact(
        "sqs.SendMessageBatch",
        _batch("body", ids=":"),
        "AWS.SimpleQueueService.InvalidBatchEntryId",
        f"{_SQS} test_invalid_batch_id",
        "2024-04-30",
        fakes=True,
    ),
    "eleven messages at once": Fact(
        "sqs.ReceiveMessage",
        {"QueueUrl": "<queue>", "MaxNumberOfMessages": 11},
        "InvalidParameterValue",
        f"{_SQS} test_send_receive_max_number_of_messages",
        "2024-04-30",
        fakes=True,
    ),
    "a wait of 21 seconds": Fact(
        "sqs.ReceiveMessage",
        {"QueueUrl": "<queue>", "WaitTimeSeconds": 21},
        "InvalidParameterValue",
        f"{_SQS} test_send_receive_wait_time_seconds",
        "2025-02-10",
        fakes=True,
        differs="it waits for so long",
    ),
    "a visibility over twelve hours": Fact(
        "sqs.ChangeMessageVisibilityBatch",
        _hide(43_201),
        {"Failed": [{"Id": "a", "Code": "InvalidParameterValue", "SenderFault": True}]},
        f"{_API}/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
        "2026-11-28",
        fakes=True,
        differs="the message is hidden for so long",
    ),
    "a visibility of 0": Fact(
        "sqs.ChangeMessageVisibilityBatch",
        _hide(0),
        {"Successful": [{"Id": "a"}]},
        f"{_API}/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
        "2026-11-28",
        fakes=True,
    ),
    "a queue that there is not": Fact(
        "sqs.SendMessage",
        _send("body") | {"QueueUrl": "<no queue>"},
        "AWS.SimpleQueueService.NonExistentQueue",
        f"{_SQS} test_non_existent_queue",
        "2024-04-30",
    ),
}

DYNAMODB: dict[str, Fact] = {
    "no statements": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": []},
        "ValidationException",
        f"{_CONFORMANCE}/tier2/partiql/batchExecuteStatement.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "26 statements": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert("many", str(number)) for number in range(26)]},
        "ValidationException",
        f"{_API}/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html",
        "2026-11-28",
        fakes=True,
    ),
    "reading and writing in one batch": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_select("a", "b"), _insert("mixed", "c")]},
        "ValidationException",
        f"{_CAPTURED} test_batch_execute_rejects_mixed_read_and_write",
        "2026-08-17",
        fakes=True,
        differs="each statement is executed",
    ),
    "two statements on one item": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert("twice", "a"), _update("sending", "twice", "a")]},
        "ValidationException",
        f"{_CAPTURED} test_batch_execute_rejects_duplicate_item_keys",
        "2026-08-17",
        fakes=True,
        differs="each statement is executed, one after the other",
    ),
    "an insert of what there is": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_insert(*HELD), _insert("new", "a")]},
        {"Responses": [{"Error": {"Code": "DuplicateItem"}}, {"TableName": TABLE}]},
        f"{_API}/amazondynamodb/latest/APIReference/API_BatchStatementError.html",
        "2026-11-28",
        fakes=True,
    ),
    "an insert of what there is, alone": Fact(
        "dynamodb.ExecuteStatement",
        _insert(*HELD),
        "DuplicateItemException",
        f"{_CONFORMANCE}/tier2/partiql/executeStatement.test.ts",
        "2026-05-14",
    ),
    "an update whose condition does not hold": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_update("waiting", *HELD)]},
        {"Responses": [{"Error": {"Code": "ConditionalCheckFailed"}}]},
        f"{_CAPTURED} (#54)",
        "2026-08-17",
        fakes=True,
    ),
    "an update of what there is not": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [_update("sending", "none", "a")]},
        {"Responses": [{"Error": {"Code": "ConditionalCheckFailed"}}]},
        "nubo-db/dynoxide src/partiql/executor.rs",
        "2026-08-17",
        fakes=True,
    ),
    "a statement on a table that there is not": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [{"Statement": 'SELECT * FROM "none" WHERE "requestId"=\'a\' AND "recipient"=\'b\''}]},
        {"Responses": [{"Error": {"Code": "ResourceNotFound"}}]},
        f"{_CONFORMANCE}/tier2/partiql/batchExecuteStatement.test.ts",
        "2026-05-14",
    ),
    "a statement that is none, beside a good one": Fact(
        "dynamodb.BatchExecuteStatement",
        {"Statements": [{"Statement": "THIS IS NOT SQL AT ALL"}, _insert("beside", "a")]},
        {"Responses": [{"Error": {"Code": "ValidationError"}}, {"TableName": TABLE}]},
        f"{_CAPTURED} test_batch_execute_unparseable_statement_is_per_statement",
        "2026-08-17",
    ),
    "an empty list of parameters": Fact(
        "dynamodb.ExecuteStatement",
        {"Statement": f'SELECT * FROM "{TABLE}" WHERE "requestId"=\'a\'', "Parameters": []},
        "ValidationException",
        f"{_TABLES} test_dynamodb_execute_statement_empy_parameter",
        "2025-10-08",
        differs="it counts as no list",
    ),
    "a condition that fails, with the item": Fact(
        "dynamodb.PutItem",
        {
            "TableName": TABLE,
            "Item": HELD_ITEM,
            "ConditionExpression": "attribute_not_exists(requestId)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": HELD_ITEM},
        f"{_TABLES} test_return_values_on_conditions_check_failure",
        "2025-10-08",
    ),
    "setting and removing one attribute": Fact(
        "dynamodb.UpdateItem",
        {
            "TableName": TABLE,
            "Key": _key(*HELD),
            "UpdateExpression": "SET a = :a REMOVE a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
        "ValidationException",
        f"{_DYNALITE} 'overlapping paths'",
        "2025-09-18",
        differs="the attribute is set, then removed",
    ),
    "an update expression of no length": Fact(
        "dynamodb.UpdateItem",
        {"TableName": TABLE, "Key": _key(*HELD), "UpdateExpression": ""},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/error-messages/updateItem.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "a reserved word in an update": Fact(
        "dynamodb.UpdateItem",
        {
            "TableName": TABLE,
            "Key": _key(*HELD),
            "UpdateExpression": "SET status = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}},
        },
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/reservedWords.test.ts",
        "2026-05-14",
    ),
    "a key twice": Fact(
        "dynamodb.BatchGetItem",
        _keys(HELD, HELD),
        "ValidationException",
        f"{_CONFORMANCE}/tier1/batchGetItem/validation.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "101 keys": Fact(
        "dynamodb.BatchGetItem",
        _keys(*(("many", str(number)) for number in range(101))),
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/batchLimits.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "no tables": Fact(
        "dynamodb.BatchGetItem",
        {"RequestItems": {}},
        "ValidationException",
        f"{_CONFORMANCE}/tier1/batchGetItem/validation.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "a key that has no item": Fact(
        "dynamodb.BatchGetItem",
        _keys(HELD, ("none", "a")),
        {"Responses": {TABLE: [HELD_ITEM]}},
        f"{_CONFORMANCE}/tier1/batchGetItem/basic.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an item over 400 KiB": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("large", "a") | {"body": {"S": "x" * 409_600}}},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/itemSize.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty partition key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("", "a")},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty sort key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("a", "")},
        "ValidationException",
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
    "an empty text beside the key": Fact(
        "dynamodb.PutItem",
        {"TableName": TABLE, "Item": _key("empty", "a") | {"detail": {"S": ""}}},
        {},
        f"{_CONFORMANCE}/tier3/limits/emptyValues.test.ts",
        "2026-05-14",
        fakes=True,
    ),
}

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
        f"{_API}/scheduler/latest/APIReference/API_CreateSchedule.html",
        "2026-11-28",
    ),
    "a schedule that there is not": Fact(
        "scheduler.DeleteSchedule",
        {"Name": "none"},
        "ResourceNotFoundException",
        f"{_API}/scheduler/latest/APIReference/API_DeleteSchedule.html",
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

FACTS = SQS | DYNAMODB | OTHERS
