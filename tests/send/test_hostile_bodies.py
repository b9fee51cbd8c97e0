"""Two thousand bodies made to hurt, over the queue: nothing is sent, and for each it is recorded why."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_sms.aws.table import REJECTED
from realtime_sms.requests.envelope import identity
from realtime_sms.vocabulary import Reason
from send.handler import lambda_handler
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.sqs import ILLEGAL, largest
from tests.fakes.hostile import TEXTS, bodies, large_bodies
from tests.fakes.lambda_context import Context

# What is drawn may happen to be a request, but is none that can be sent: there is no such number.
REQUEST: dict[str, Any] = {"recipients": ["12"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}
REASONS = set(Reason)
LARGEST_MESSAGE = largest("SendQueue")


def _sns(body: str, message_id: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": message_id, "TopicArn": "arn", "Message": body})


def _event(detail: str, event_id: str) -> str:
    return f'{{"id": {json.dumps(event_id)}, "source": "shop", "detail-type": "Send", "detail": {detail}}}'


HOSTILE = bodies(REQUEST)
WAYS = st.one_of(HOSTILE, HOSTILE, st.builds(_sns, HOSTILE, TEXTS), st.builds(_event, HOSTILE, TEXTS))


def _delivered(body: str) -> bool:
    """Say whether SQS would: it refuses some characters by itself, and bodies beyond the queue's size."""
    return bool(body) and not ILLEGAL.search(body) and len(body.encode()) <= LARGEST_MESSAGE


def _check(aws: FakeAws, *batch: str) -> None:
    """Let the handler have a batch of messages."""
    aws.clear()
    messages = {f"message-{number}": body for number, body in enumerate(batch)}
    records = [
        {"messageId": name, "receiptHandle": name, "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
        for name, body in messages.items()
    ]
    event: dict[str, Any] = {"Records": records}
    assert lambda_handler(event, Context()) == {"batchItemFailures": []}  # type: ignore[arg-type]  # no more is asked for
    assert aws.claims == 0  # without one there is no call
    for name, body in messages.items():
        _check_reason(aws, identity(body, name), body)


def _check_reason(aws: FakeAws, request_id: str, body: str) -> None:
    reasons = aws.reasons(request_id)
    assert reasons
    assert set(reasons.values()) <= REASONS
    letters = [letter.attributes for letter in aws.dead_letters() if letter.body == body]
    assert bool(letters) is (REJECTED in reasons)
    for attributes in letters:
        assert attributes["reason"] in REASONS
        assert attributes["detail"]


@settings(max_examples=195, deadline=None, suppress_health_check=list(HealthCheck))
@given(batch=st.lists(WAYS.filter(_delivered), min_size=10, max_size=10))
def test_hostile_messages_are_not_sent_and_their_reasons_are_recorded(aws: FakeAws, batch: list[str]) -> None:
    """Ten a batch: either a note and a dead letter, both with the reason, or a failed outcome for each recipient."""
    _check(aws, *batch)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=large_bodies(REQUEST, 30_000, LARGEST_MESSAGE).filter(_delivered))
def test_a_large_message_is_not_sent_and_its_reason_is_recorded(aws: FakeAws, body: str) -> None:
    """A text of up to as many characters as the queue takes."""
    _check(aws, body)


def test_the_largest_message_of_all_becomes_a_letter_with_its_reason(aws: FakeAws) -> None:
    """To the last octet that the queue takes: the letter has room for the body and the reason."""
    _check(aws, "{" + "x" * (LARGEST_MESSAGE - 1))
