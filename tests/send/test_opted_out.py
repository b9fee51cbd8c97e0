"""What an entry of the opt-out list stops: every message, or promotional ones only."""

import json

import pytest

from local.fake_realtime import Simulator
from local.model_checker.table import fields
from realtime_sms.aws.table import OPT_OUTS
from realtime_sms.vocabulary import MessageType
from send.handler import Sender
from tests.fakes.aws.account import FakeAws
from tests.fakes.lambda_context import Context
from tests.fakes.send_parts import NUMBERS, record_of

NUMBER = NUMBERS[0]
QUEUES = {MessageType.TRANSACTIONAL: "<SendQueue>", MessageType.PROMOTIONAL: "<PromotionalQueue>"}
STOPPED = {
    None: set(MessageType),  # an entry that was made before there were scopes
    "all": set(MessageType),
    "promotional": {MessageType.PROMOTIONAL},
    "of a later version": set(MessageType),
}


@pytest.mark.parametrize("scope", STOPPED)
@pytest.mark.parametrize("message_type", MessageType)
def test_an_opt_out_stops_the_messages_of_its_scope(
    fresh: FakeAws, realtime: Simulator, scope: str | None, message_type: MessageType
) -> None:
    """With `promotional`, a code still arrives."""
    realtime.reset()
    entry = {"requestId": OPT_OUTS, "recipient": NUMBER} | ({"scope": scope} if scope else {})
    fresh.items[OPT_OUTS, NUMBER] = tuple(sorted((name, ("S", value)) for name, value in entry.items()))
    body = {
        "requestId": "r-1",
        "recipients": [NUMBER],
        "sender": "96000",
        "message": {"text": "a"},
        "messageType": message_type,
    }
    record = record_of(json.dumps(body), "m")
    arn = f"arn:aws:sqs:sa-east-1:000000000000:{QUEUES[message_type]}"
    assert Sender.from_environment().send([record | {"eventSourceARN": arn}], Context()) == []
    stopped = message_type in STOPPED[scope]
    outcome = fields(fresh.items["r-1", NUMBER])
    assert (outcome["status"], outcome["reason"]) == (("failed", "opted_out") if stopped else ("submitted", "accepted"))
    assert len(realtime.inbox()) == (0 if stopped else 1)
