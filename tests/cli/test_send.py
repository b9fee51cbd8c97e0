"""`rtsms send`: publish one request, safe to repeat, and follow it to its final outcomes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from realtime_sms.aws.requests import Rejection, Summary
from realtime_sms.requests.prepare import Defaults, PreparedRequest
from realtime_sms.vocabulary import Reason, Status
from rtsms.errors import CommandError, Exit
from rtsms.request import prepare_request
from rtsms.send import follow, publish
from tests.cli.fakes import fake_stack, run, submission
from tests.fakes.submissions import NOW

ONE, OTHER = "+56912345678", "+56912345679"
BODY = {"recipients": [ONE, OTHER], "sender": "96000", "message": {"text": "hola"}}
SECRET = "Su clave es 4711"


@dataclass
class FakeClock:
    """A clock that moves only with `sleep`; each sleep makes the next event happen."""

    events: list[Callable[[], None]] = field(default_factory=list)
    seconds: float = 0.0

    def monotonic(self) -> float:
        """Return the seconds slept."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Sleep, and make the next event happen."""
        self.seconds += seconds
        if self.events:
            self.events.pop(0)()


def _clock(monkeypatch: pytest.MonkeyPatch, *events: Callable[[], None]) -> FakeClock:
    clock = FakeClock(list(events))
    monkeypatch.setattr("rtsms.send.time", clock)
    return clock


def _prepared() -> PreparedRequest:
    return prepare_request(BODY, "order-1", Defaults())


def test_a_request_is_published_with_all_its_options() -> None:
    """The command prints its id."""
    stack = fake_stack()
    ran = run(
        "send", "¡Hola!", "--to", ONE, "--to", "912345679", "--request-id", "order-1", "--sender", "Tienda",
        "--encoding", "auto", "--max-segments", "2", "--expires-at", "2030-01-31T12:00:00Z", "--on-unknown", "resend",
        "--metadata", "order=1", "--metadata", "note=a=b", "--type", "promotional", "--campaign", "mayo", "--json",
        stack=stack,
    )  # fmt: skip
    assert ran.code == 0
    assert ran.answer == {"requestId": "order-1", "recipients": 2, "segments": 2}
    assert stack.messages == [
        {
            "requestId": "order-1",
            "recipients": [ONE, "912345679"],
            "message": {"text": "¡Hola!"},
            "sender": "Tienda",
            "encoding": "auto",
            "maxSegments": 2,
            "expiresAt": "2030-01-31T12:00:00Z",
            "onUnknown": "resend",
            "messageType": "promotional",
            "campaign": "mayo",
            "metadata": {"order": "1", "note": "a=b"},
        }
    ]
    assert stack.queue.groups == [("promotional", "mayo")]


def test_a_request_may_be_sent_later() -> None:
    """The time is published as it was written."""
    stack, tomorrow = fake_stack(), (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert run("send", "hola", "--to", ONE, "--sender", "1", "--send-at", tomorrow, stack=stack).code == 0
    assert [message["sendAt"] for message in stack.messages] == [tomorrow]


def test_a_request_without_an_id_gets_a_new_one() -> None:
    """The message on the queue has the same id, so that its status can be read."""
    stack = fake_stack()
    ids = [run("send", "hola", "--to", ONE, "--json", stack=stack).answer["requestId"] for _ in range(2)]
    assert stack.queue.groups == [("transactional", None)] * 2
    assert len(set(ids)) == 2
    assert [message["requestId"] for message in stack.messages] == ids


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([SECRET, "--to", "+5691234"], "recipients[0]: has too few digits for a number of +56"),
        ([SECRET, "--to", ONE, "--sender", "Tienda Ñ"], "sender: must be up to 11 letters"),
        ([SECRET, "--to", ONE, "--expires-at", "tomorrow"], "expiresAt: must be an RFC 3339 time"),
        ([SECRET, "--to", ONE, "--send-at", "2020-01-31T12:00:00Z"], "sendAt: is past"),
        ([SECRET, "--to", ONE, "--send-at", "2999-01-31T12:00:00Z"], "sendAt: is more than 366 days ahead"),
        (
            [SECRET, "--to", ONE, "--send-at", "2030-01-31T12:00:00Z", "--expires-at", "2030-01-31T12:00:00Z"],
            "sendAt: must be before expiresAt",
        ),
        ([SECRET * 20, "--to", ONE, "--max-segments", "1"], "needs 3 segments; 1 allowed"),
        ([SECRET, "--to", ONE, "--request-id", "a b"], "requestId: must be"),
        ([SECRET, "--to", ONE, "--metadata", "order"], "NAME=VALUE"),
        ([SECRET, "--to", "1", "--to", "2", "--sender", ""], "sender: must be"),
    ],
    ids=["number", "sender", "time", "past", "too far", "after", "segments", "id", "metadata", "several"],
)
def test_an_invalid_request_is_not_published(arguments: list[str], told: str) -> None:
    """The error quotes neither the text nor a whole number."""
    stack = fake_stack()
    ran = run("send", *arguments, stack=stack)
    assert (ran.code, ran.out, stack.messages) == (2, "", [])
    assert told in ran.err
    assert SECRET not in ran.err
    assert "+5691234\n" not in ran.err


def test_a_deployment_without_a_sender_needs_one() -> None:
    """Otherwise the send function would refuse the request later."""
    ran = run("send", "hola", "--to", ONE, stack=fake_stack(DefaultSender=""))
    assert "sender: is missing" in ran.err


def test_the_same_id_with_other_content_is_refused() -> None:
    """The send function would only reject it."""
    stack = fake_stack()
    stack.held.hold(submission("order-1", ONE, content_hash="other"))
    ran = run("send", "hola", "--to", ONE, "--request-id", "order-1", stack=stack)
    assert (ran.code, stack.messages) == (2, [])
    assert "used with other content" in ran.err


def test_the_same_request_may_be_published_again() -> None:
    """Its id makes that harmless."""
    stack = fake_stack()
    prepared = _prepared()
    stack.held.hold(submission("order-1", ONE, content_hash=prepared.content_hash))
    assert (
        run(
            "send", "hola", "--to", ONE, "--to", OTHER, "--sender", "96000", "--request-id", "order-1", stack=stack
        ).code
        == 0
    )


def test_a_queue_that_does_not_answer_is_an_error() -> None:
    """Its exit code is that of AWS errors."""
    stack = fake_stack()
    stack.queue.failing = True
    assert run("send", "hola", "--to", ONE, stack=stack).code == Exit.AWS


def test_waiting_ends_when_every_outcome_is_final(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each outcome is reported once."""
    stack, prepared = fake_stack(), _prepared()
    held, hash_ = stack.held, prepared.content_hash
    before = publish(stack, "order-1", BODY, prepared)
    _clock(
        monkeypatch,
        lambda: held.hold(submission("order-1", ONE, content_hash=hash_, status=Status.WAITING)),
        lambda: held.hold(submission("order-1", OTHER, content_hash=hash_)),
        lambda: held.hold(submission("order-1", ONE, content_hash=hash_, status=Status.FAILED)),
    )
    told = [(one.recipient, one.status) for one in follow(stack, "order-1", [ONE, OTHER], before, 60)]
    assert told == [(OTHER, Status.SUBMITTED), (ONE, Status.FAILED)]
    assert len(stack.queue.bodies) == 1


def test_waiting_ends_at_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how many recipients have no final outcome."""
    _clock(monkeypatch)
    with pytest.raises(CommandError, match="2 of 2 recipients have no final outcome after 3 s") as told:
        list(follow(fake_stack(), "order-1", [ONE, OTHER], Summary(), 3))
    assert told.value.exit_code == Exit.TIMEOUT


def test_waiting_ends_with_a_new_rejection_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older rejection is of an older message."""
    stack = fake_stack()
    old, new = (Rejection(Reason.INVALID_REQUEST, "sender: is bad", NOW + later) for later in (0, 1))
    stack.held.rejections["order-1"] = old
    before = publish(stack, "order-1", BODY, _prepared())
    clock = _clock(monkeypatch, lambda: None, lambda: stack.held.rejections.update({"order-1": new}))
    with pytest.raises(CommandError, match="rejected: invalid_request: sender: is bad"):
        list(follow(stack, "order-1", [ONE, OTHER], before, 60))
    assert clock.seconds == 2


@pytest.mark.parametrize(("status", "code"), [(Status.SUBMITTED, 0), (Status.FAILED, 1), (Status.UNKNOWN, 1)])
def test_the_exit_code_says_whether_all_were_submitted(status: Status, code: int) -> None:
    """Numbers are masked."""
    stack = fake_stack()
    content = prepare_request(
        {"recipients": [ONE], "message": {"text": "hola"}}, "order-1", Defaults(sender="1")
    ).content_hash
    stack.held.hold(submission("order-1", ONE, content_hash=content, status=status))
    ran = run("send", "hola", "--to", ONE, "--request-id", "order-1", "--wait", "--json", stack=stack)
    assert ran.code == code
    published, outcome = ran.lines
    assert published["requestId"] == "order-1"
    assert (outcome["recipient"], outcome["status"]) == ("+56***78", status)
