"""What SQS answers."""

from typing import Any

from tests.recorded.fact import AWS_PAGES, MEBIBYTE, SNAPSHOTS, Fact

_SQS = f"{SNAPSHOTS}/sqs/test_sqs.snapshot.json"
_SQS_TEST = f"{SNAPSHOTS}/sqs/test_sqs.py"  # it asserts the code itself; validated against AWS on the date


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
        {"QueueUrl": "<waiting>", "WaitTimeSeconds": 21},
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
        f"{AWS_PAGES}/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
        "2026-11-28",
        fakes=True,
        differs="the message is hidden for so long",
    ),
    "a visibility of 0": Fact(
        "sqs.ChangeMessageVisibilityBatch",
        _hide(0),
        {"Successful": [{"Id": "a"}]},
        f"{AWS_PAGES}/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html",
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
