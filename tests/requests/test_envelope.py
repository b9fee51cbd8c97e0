"""Queue messages as other systems produce them: which are requests, under which identity, and what is poison."""

import json
from pathlib import Path

import pytest

from realtime_sms.requests.envelope import IdentifiedRequest, UnreadableError, identity, open_envelope, unwrap
from realtime_sms.requests.errors import InvalidInputError

BODIES = Path(__file__).parent / "bodies"
VALID = sorted((BODIES / "valid").glob("*.json"))
INVALID = sorted((BODIES / "invalid").glob("*.json"))
NAMES = [file.stem for file in (*VALID, *INVALID)]
SQS_ID = "sqs-1"
REQUEST = {"recipients": ["+56911112222"], "message": {"text": "canary text ñ"}}


def opened(name: str, message_id: str = SQS_ID) -> IdentifiedRequest:
    """Open one of the valid bodies."""
    return open_envelope((BODIES / "valid" / f"{name}.json").read_text(encoding="utf-8"), message_id)


def expected(body: Path) -> list[str]:
    """Read what stands beside a body: of a valid one its identity, of another one its error and problems."""
    return body.with_suffix(".txt").read_text(encoding="utf-8").splitlines()


def sns(message: str, message_id: str = "sns-1") -> str:
    """Wrap a body as SNS does without raw delivery."""
    return json.dumps(
        {"Type": "Notification", "MessageId": message_id, "TopicArn": "arn:aws:sns:x", "Message": message}
    )


def event(detail: object, event_id: object = "event-1") -> str:
    """Wrap a detail as EventBridge does."""
    return json.dumps({"id": event_id, "detail-type": "SMS requested", "source": "shop.orders", "detail": detail})


def test_the_corpora_are_whole() -> None:
    """Each body has its expectation, and neither list is empty for having been moved."""
    assert len(VALID) >= 12
    assert len(INVALID) >= 60
    assert sorted(NAMES) == sorted(file.stem for kind in ("valid", "invalid") for file in (BODIES / kind).glob("*.txt"))


@pytest.mark.parametrize("body", VALID, ids=lambda body: body.stem)
def test_a_valid_body_is_opened_under_its_identity(body: Path) -> None:
    """The file beside it names the identity: the body's own, the innermost envelope's, or the queue message's."""
    text = body.read_text(encoding="utf-8")
    assert [open_envelope(text, SQS_ID).request_id] == expected(body)
    assert [identity(text, SQS_ID)] == expected(body)


@pytest.mark.parametrize("body", INVALID, ids=lambda body: body.stem)
def test_an_invalid_body_is_refused_with_every_problem_by_its_place(body: Path) -> None:
    """The file beside it names the kind of error, and each problem in order."""
    with pytest.raises(InvalidInputError) as error:
        open_envelope(body.read_text(encoding="utf-8"), SQS_ID)
    assert [type(error.value).__name__, *map(str, error.value.problems)] == expected(body)
    assert "canary" not in str(error.value)
    assert "56911112222" not in str(error.value)


def test_every_way_in_carries_the_same_request() -> None:
    """What wraps a request changes nothing in it."""
    ways = [opened(name).request for name in ("no-sender", "sns", "eventbridge", "eventbridge-through-sns")]
    assert all(way == ways[0] for way in ways)


@pytest.mark.parametrize(
    "name", ["sns", "eventbridge", "eventbridge-through-sns", "sns-within-sns", "sns-with-own-id", "every-field"]
)
def test_a_redelivery_in_a_new_queue_message_keeps_its_identity(name: str) -> None:
    """SNS and EventBridge repeat a delivery under a new SQS id: it is the same request."""
    assert opened(name, "sqs-1").request_id == opened(name, "sqs-2").request_id


def test_a_bare_body_is_known_by_its_queue_message_only() -> None:
    """Two of them are two requests."""
    assert (opened("no-sender", "sqs-1").request_id, opened("no-sender", "sqs-2").request_id) == ("sqs-1", "sqs-2")


def test_the_envelope_nearest_to_the_request_names_it() -> None:
    """SNS may deliver one event twice under two message ids of its own; the event's id stays."""
    twice = [sns(event(REQUEST), message_id) for message_id in ("sns-1", "sns-2")]
    assert {open_envelope(body, SQS_ID).request_id for body in twice} == {"event-1"}


@pytest.mark.parametrize(
    ("body", "known_as"),
    [
        pytest.param(json.dumps(REQUEST | {"sender": "", "requestId": "own-1"}), "own-1", id="its own id"),
        pytest.param(sns(json.dumps(REQUEST | {"sender": ""})), "sns-1", id="SNS's"),
        pytest.param(event(REQUEST | {"sender": ""}), "event-1", id="EventBridge's"),
        pytest.param(json.dumps(REQUEST | {"sender": ""}), SQS_ID, id="the queue's"),
        pytest.param(json.dumps(REQUEST | {"requestId": "#rejected"}), SQS_ID, id="its own cannot be one"),
        pytest.param(json.dumps(REQUEST | {"requestId": {"a": 1}}), SQS_ID, id="its own is an object"),
        pytest.param(sns(json.dumps(REQUEST), "a\x00"), SQS_ID, id="SNS's cannot be one"),
        pytest.param("no JSON", SQS_ID, id="unreadable"),
        pytest.param('"\ud83d"', SQS_ID, id="half a surrogate pair"),
    ],
)
def test_an_invalid_request_is_recorded_under_its_best_identity(body: str, known_as: str) -> None:
    """So that whoever sent it finds the reason where the outcome would be."""
    with pytest.raises(InvalidInputError):
        open_envelope(body, SQS_ID)
    assert identity(body, SQS_ID) == known_as


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(json.dumps({"Type": "Notification", "Message": json.dumps(REQUEST)}), id="SNS without an id"),
        pytest.param(event(REQUEST, 7), id="an event whose id is a number"),
        pytest.param(event("not an object"), id="an event whose detail is a text"),
        pytest.param(json.dumps({"detail": REQUEST, "id": "a"}), id="no event at all"),
    ],
)
def test_what_only_looks_like_an_envelope_is_not_one(body: str) -> None:
    """A guess at what is inside would be a guess at its identity."""
    assert unwrap(body) == (json.loads(body), None)


def test_half_a_surrogate_pair_in_a_body_is_unreadable() -> None:
    """No such text can come over SQS, but one can come from a caller in this process."""
    with pytest.raises(UnreadableError):
        open_envelope('{"message": "\ud83d"}', SQS_ID)


def test_a_repr_of_what_was_opened_shows_its_identity_only() -> None:
    """It may end in a log."""
    assert (
        repr(open_envelope(json.dumps(REQUEST | {"requestId": "own-1"}), SQS_ID))
        == "IdentifiedRequest(request_id='own-1')"
    )
