"""`rtsms resend`: only an unknown outcome, only the same request, and only with a yes to a possible duplicate."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from realtime_sms.aws.forgotten import Hashes
from realtime_sms.aws.submissions import Applied, Conflict, WriteResult
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Status
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.sheet import Row
from rtsms.bulk.template import Template
from rtsms.request import prepare_request
from tests.cli.fakes import FakeClient, FakeStack, Ran, fake_stack, run, submission

ONE, OTHER = "+56912345678", "+56913333333"
REQUEST: dict[str, Any] = {"recipients": [ONE, "913333333"], "message": {"text": "Su clave es 4711"}}
HASH = prepare_request(REQUEST, "order-1", Defaults(sender="96000")).content_hash


@dataclass
class FakeSubmissions:
    """Submissions in memory; those in `past` are past their TTL, and those in `deleted` vanish once they were read."""

    held: dict[Key, Submission] = field(default_factory=dict)
    past: set[Key] = field(default_factory=set)
    deleted: set[Key] = field(default_factory=set)
    prolonged: list[Key] = field(default_factory=list)

    def read_living(self, keys: Iterable[Key], _now: float) -> Mapping[Key, Submission]:
        """Read some."""
        return {key: self.held[key] for key in keys if key in self.held and key not in self.past}

    def prolong(self, keys: Iterable[Key], _now: float) -> list[Key]:
        """Note it; return those that are not there."""
        self.prolonged += keys
        return [key for key in self.prolonged if key not in self.held or key in self.deleted]

    def apply(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Change one that is as it was."""
        (change,) = changes
        key = (change.after.request_id, change.after.recipient)
        if self.held[key] != change.before:
            return [Conflict(self.held[key])]
        self.held[key] = change.after
        return [Applied()]


@dataclass(frozen=True)
class _Stack(FakeStack):
    fake: FakeSubmissions = field(default_factory=FakeSubmissions)

    def submissions(self, parallel_calls: int = 1) -> Any:  # noqa: ANN401, ARG002 (a fake of it)
        return self.fake


def _stack(clients: Mapping[str, object] | None = None, **other: Any) -> _Stack:  # noqa: ANN401 (members of the submission)
    made = fake_stack(clients)
    stack = _Stack(made.name, made.session, made.outputs, made.parameters, made.status)
    held = submission("order-1", ONE, **({"status": Status.UNKNOWN, "content_hash": HASH} | other))
    stack.fake.held["order-1", ONE] = held
    stack.fake.held["order-1", OTHER] = submission("order-1", OTHER, status=Status.SUBMITTED, content_hash=HASH)
    return stack


def _resend(stack: FakeStack, *options: str, request: object = REQUEST, number: str = ONE) -> Ran:
    arguments = ["resend", "order-1", number, "--request", "-", *options]
    return run(*arguments, stack=stack, stdin=json.dumps(request))


def test_an_outcome_whose_content_hash_was_replaced_is_sent_again() -> None:
    """A number was forgotten that its metadata holds."""
    client: Any = FakeClient(get_secret_value={"SecretString": "k" * 43})
    stack = _stack(clients={"secretsmanager": client})
    stack = replace(stack, outputs={**stack.outputs, "ForgetKeySecretArn": "arn:key"})
    for key, held in stack.fake.held.items():
        stack.fake.held[key] = replace(held, content_hash=Hashes(client, "").of(HASH))
    assert _resend(stack, "--accept-duplicate").code == 0
    assert len(stack.messages) == 1


def test_an_unknown_outcome_is_sent_again() -> None:
    """It keeps its id and is marked `maybeSent`."""
    stack = _stack()
    ran = _resend(stack, "--accept-duplicate", number="912345678")
    assert ran.code == 0, ran.err
    after = stack.fake.held["order-1", ONE]
    assert (after.status, after.maybe_sent) == (Status.WAITING, True)
    assert stack.messages == [REQUEST | {"requestId": "order-1"}]
    assert stack.queue.groups == [("transactional", None)]
    assert sorted(stack.fake.prolonged) == [("order-1", ONE), ("order-1", OTHER)]


@pytest.mark.parametrize("gone", ["held", "past", "deleted"], ids=["missing", "past its TTL", "deleted meanwhile"])
def test_a_request_with_an_outcome_missing_is_not_published(gone: str) -> None:
    """The neighbour would be taken for one that nobody has sent to, though the phone may have its SMS."""
    stack, neighbour = _stack(), ("order-1", OTHER)
    if gone == "held":
        del stack.fake.held[neighbour]
    else:
        getattr(stack.fake, gone).add(neighbour)
    ran = _resend(stack, "--accept-duplicate")
    assert (ran.code, stack.messages) == (1, [])
    assert "recipients[1], +56***33: has no outcome any more" in ran.err
    assert OTHER not in ran.err
    assert stack.fake.held["order-1", ONE].status is Status.UNKNOWN


def test_a_row_of_bulk_is_sent_again_with_its_request_written_by_hand() -> None:
    """As the page shows it: the text that the row got, and the options that `bulk` had."""
    merge = MailMerge(
        Template("Hola {{nombre}}"), ("numero", "nombre"), "numero", None, {"sender": "96000"}, Defaults()
    )
    published = json.loads(merge.queue_message("mayo", Row(2, [ONE, "Ana"]), int(ONE[1:])))
    key = (published.pop("requestId"), ONE)
    stack = _stack()
    content_hash = prepare_request(published, key[0], Defaults()).content_hash
    stack.fake.held[key] = submission(*key, status=Status.UNKNOWN, content_hash=content_hash)
    by_hand = {"recipients": [ONE], "message": {"text": "Hola Ana"}, "sender": "96000"}
    traffic = {"messageType": "promotional", "campaign": "mayo"}
    arguments = ("resend", *key, "--request", "-", "--accept-duplicate")
    assert run(*arguments, stack=stack, stdin=json.dumps(by_hand | traffic)).code == 0
    assert stack.queue.groups == [("promotional", "mayo")]


def test_a_neighbour_that_was_sent_other_content_stops_it() -> None:
    """The whole request would be rejected as a conflict."""
    stack = _stack()
    stack.fake.held["order-1", OTHER] = replace(stack.fake.held["order-1", OTHER], content_hash="other")
    ran = _resend(stack, "--accept-duplicate")
    assert (ran.code, stack.messages) == (2, [])
    assert stack.fake.held["order-1", ONE].status is Status.UNKNOWN


def test_the_default_sender_may_be_named() -> None:
    """It is the same request."""
    stack = _stack()
    assert _resend(stack, "--accept-duplicate", request=REQUEST | {"sender": "96000"}).code == 0


def test_after_a_crash_before_the_publish_the_same_command_publishes() -> None:
    """The submission waits already."""
    stack = _stack(status=Status.WAITING, maybe_sent=True)
    assert _resend(stack, "--accept-duplicate").code == 0
    assert len(stack.messages) == 1


def test_nothing_is_sent_twice_without_a_yes() -> None:
    """Without a terminal, an option says yes."""
    stack = _stack()
    ran = _resend(stack)
    assert (ran.code, stack.messages) == (2, [])
    assert "--accept-duplicate" in ran.err
    assert stack.fake.held["order-1", ONE].status is Status.UNKNOWN


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.UNKNOWN])
def test_a_known_outcome_is_not_sent_again(status: Status) -> None:
    """A submission that still waits is not sent again either."""
    stack = _stack(status=status)
    ran = _resend(stack, "--accept-duplicate")
    assert (ran.code, stack.messages) == (2, [])
    assert f"it is {status}" in ran.err


@pytest.mark.parametrize(
    "request_",
    [
        REQUEST | {"message": {"text": "otra"}},
        REQUEST | {"recipients": [ONE]},
        REQUEST | {"sender": "1"},
        REQUEST | {"nothing": 1},
        "no request",
    ],
    ids=["text", "recipients", "sender", "unknown-field", "no-object"],
)
def test_another_request_is_refused_without_quoting_it(request_: object) -> None:
    """The send function would reject it as a conflict."""
    stack = _stack()
    ran = _resend(stack, "--accept-duplicate", request=request_)
    assert (ran.code, stack.messages) == (2, [])
    assert "4711" not in ran.err


def test_a_number_that_the_request_does_not_have_is_not_found() -> None:
    """The command needs an outcome of that number."""
    assert _resend(_stack(), "--accept-duplicate", number="+56914444444").code == 3


def test_an_outcome_that_becomes_known_meanwhile_stops_it() -> None:
    """The table changed between the read and the write."""
    stack = _stack()
    before = stack.fake.held["order-1", ONE]
    stack.fake.read_living = lambda keys, _now: dict.fromkeys(keys, before)  # type: ignore[method-assign]  # what was seen
    stack.fake.held["order-1", ONE] = replace(before, status=Status.SUBMITTED)
    ran = _resend(stack, "--accept-duplicate")
    assert (ran.code, stack.messages) == (1, [])
