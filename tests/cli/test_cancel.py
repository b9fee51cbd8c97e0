"""`rtsms cancel`: one answer for each recipient, of a request or of every row of a campaign."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from realtime_sms.aws import cancel
from realtime_sms.aws.requests import Addressed, Entry
from realtime_sms.aws.schedules import name_of
from realtime_sms.aws.submissions import Indeterminate
from realtime_sms.aws.table import BATCH, StoreUnavailableError
from realtime_sms.outcomes.submission import Submission, cancel_absent
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.prepare import prepare
from realtime_sms.vocabulary import Reason, Status
from rtsms.bulk.cancel import cancel_in_parallel
from rtsms.canceller import Canceller
from tests.cli.fakes import FakeStack, Ran, fake_stack, run, submission
from tests.fakes.aws.scheduler import GROUP
from tests.fakes.stores import FakeSubmissions
from tests.fakes.submissions import NOW

ONE, OTHER = "+56912345678", "+56913333333"
REQUEST = {"recipients": [ONE, "913333333"], "message": {"text": "Su clave es 4711"}}
TEXT = "Hola {{nombre}}, su pedido está en camino"


@pytest.fixture
def stack() -> FakeStack:
    """Return a stack that knows no request."""
    return fake_stack()


def _answers(ran: Ran) -> dict[str, str]:
    return {one["recipient"]: one["answer"] for one in ran.answer["recipients"]}


def test_a_request_that_the_api_knows_is_cancelled(stack: FakeStack) -> None:
    """The exit code says whether it is too late for somebody."""
    groups = (Addressed(0, 1, (ONE, OTHER)),)
    stack.held.create(Entry(request_id="order-1", content_hash="h", groups=groups, created_at=NOW))
    assert run("cancel", "order-1", stack=stack).code == 0
    stack.held.hold(submission("order-1", OTHER, status=Status.SENDING))
    ran = run("cancel", "order-1", "--json", "--show-numbers", stack=stack)
    assert (ran.code, _answers(ran)) == (1, {ONE: "cancelled", OTHER: "too_late"})
    assert (ran.answer["cancelled"], ran.answer["tooLate"]) == (1, 1)


def test_no_whole_number_is_shown_unless_asked_for(stack: FakeStack) -> None:
    """In text and in JSON."""
    stack.held.hold(submission("order-1", ONE))
    for more in ([], ["--json"]):
        assert ONE not in run("cancel", "order-1", *more, stack=stack).out
        assert ONE in run("cancel", "order-1", "--show-numbers", *more, stack=stack).out


def test_what_nobody_knows_is_cancelled_with_its_request(stack: FakeStack) -> None:
    """The message that comes later has the same fingerprint."""
    ran = run("cancel", "order-1", "--json", stack=stack)
    assert (ran.code, "--request" in ran.error["toDo"]) == (3, True)
    ran = run("cancel", "order-1", "--request", "-", "--json", "--show-numbers", stack=stack, stdin=json.dumps(REQUEST))
    assert (ran.code, _answers(ran)) == (0, {ONE: "cancelled", OTHER: "cancelled"})
    prepared = prepare(open_envelope(json.dumps(REQUEST | {"requestId": "order-1"}), "m"), stack.defaults)
    held = stack.held.outcomes["order-1", ONE]
    assert (held.content_hash, held.segments) == (prepared.content_hash, 1)


def test_another_request_than_was_published_cancels_nothing(stack: FakeStack) -> None:
    """Its other recipients would be answered for, and sent to all the same."""
    stack.held.hold(submission("order-1", ONE, status=Status.WAITING, content_hash="1-other"))
    ran = run("cancel", "order-1", "--request", "-", "--json", stack=stack, stdin=json.dumps(REQUEST))
    assert (ran.code, ran.error["where"]) == (2, "--request")
    assert stack.held.outcomes["order-1", ONE].status is Status.WAITING


def test_the_options_of_a_campaign_need_one(stack: FakeStack) -> None:
    """A forgotten --campaign would look for a request of the file's name."""
    ran = run("cancel", "clientes.csv", "--template", TEXT, "--json", stack=stack)
    assert (ran.code, ran.error["where"]) == (2, "--template")


def test_the_schedule_of_a_cancelled_request_is_deleted(stack: FakeStack) -> None:
    """One that is left is told; the command may be repeated."""
    waiting = submission("order-1", ONE, status=Status.WAITING, reason=Reason.SCHEDULED, due_at=NOW)
    stack.held.hold(waiting)
    stack.scheduler.schedules[name_of("order-1")] = {"GroupName": GROUP}
    stack.scheduler.refuses = ("ThrottlingException", "")
    ran = run("cancel", "order-1", "--json", stack=stack)
    assert (ran.code, ran.answer["cancelled"], ran.error["where"]) == (4, 1, "EventBridge Scheduler")
    stack.scheduler.refuses = None
    assert run("cancel", "order-1", stack=stack).code == 0
    assert stack.scheduler.schedules == {}


def test_it_is_too_late_for_a_number_that_was_forgotten(stack: FakeStack) -> None:
    """Its submission ended before, and its number does not come back into the table."""
    stack.hidden.add(ONE)
    ran = run("cancel", "order-1", "--request", "-", "--json", "--show-numbers", stack=stack, stdin=json.dumps(REQUEST))
    assert (ran.code, _answers(ran)) == (1, {ONE: "too_late", OTHER: "cancelled"})
    assert {key[1] for key in stack.held.outcomes} == {OTHER}


# ---- a campaign


class _Sqs:
    def __init__(self) -> None:
        self.bodies: list[str] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: ARG002, N803 (boto3's names)
        self.bodies += [entry["MessageBody"] for entry in Entries]
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@dataclass
class Published:
    """A campaign that was published: its stack, its file, the options, and the messages."""

    stack: FakeStack
    file: Path
    options: list[str]
    bodies: list[str]

    def cancel(self, *more: str, template: str = TEXT) -> Ran:
        """Cancel it."""
        options = ["--campaign", "mayo", "--template", template, *self.options, *more]
        return run("cancel", str(self.file), *options, stack=self.stack)


@pytest.fixture(params=[[], ["--key-column", "pedido", "--sender", "Tienda", "--encoding", "plain"]], ids=["", "key"])
def published(tmp_path: Path, request: pytest.FixtureRequest) -> Published:
    """Publish a campaign of three rows, and a bad one."""
    sqs = _Sqs()
    stack = fake_stack({"sqs": sqs})
    file = tmp_path / "clientes.csv"
    rows = ["912345678,Ana,1", "913333333,Eva,2", "12,Leo,3", "914444444,Luz,4"]
    file.write_text("\n".join(["numero,nombre,pedido", *rows]), encoding="utf-8")
    options = ["--campaign", "mayo", "--template", TEXT, *request.param]
    assert run("bulk", str(file), *options, "--yes", "--skip-bad-rows", stack=stack).code == 0
    return Published(stack, file, request.param, sqs.bodies)


def test_every_row_is_cancelled_with_the_fingerprint_of_its_message(published: Published) -> None:
    """So each message on the queue finds its recipient cancelled, and ends."""
    ran = published.cancel("--yes", "--json")
    assert ran.code == 0, ran.err
    assert ran.lines[-1] == {"type": "cancelled", "campaign": "mayo", "cancelled": 3, "tooLate": 0, "states": {}}
    messages = [prepare(open_envelope(body, "m"), published.stack.defaults) for body in published.bodies]
    assert {(one.request_id, one.recipients.numbers[0]): one.content_hash for one in messages} == {
        key: one.content_hash for key, one in published.stack.held.outcomes.items()
    }
    assert {one.status for one in published.stack.held.outcomes.values()} == {Status.CANCELLED}


def test_rows_that_were_sent_are_counted_by_their_state(published: Published) -> None:
    """Repeated, the command says the same. A dead letter was not sent."""
    published.cancel("--yes")
    (key, one), (dead, other), _ = published.stack.held.outcomes.items()
    published.stack.held.outcomes[key] = replace(one, status=Status.SUBMITTED)
    published.stack.held.outcomes[dead] = replace(other, status=Status.FAILED, reason=Reason.DEAD_LETTERED)
    for _ in range(2):
        ran = published.cancel("--yes", "--json")
        assert (ran.code, ran.lines[-1]["cancelled"], ran.lines[-1]["states"]) == (1, 2, {"submitted": 1})
    assert "2 cancelled, 1 too late: 1 submitted" in published.cancel("--yes").out


def test_another_text_than_the_journal_has_cancels_nothing(published: Published) -> None:
    """Its fingerprints would make conflicts of the messages on the queue."""
    ran = published.cancel("--yes", "--json", template="Hola {{nombre}}")
    assert (ran.code, ran.error["where"]) == (2, "FILE")
    assert published.stack.held.outcomes == {}


def test_it_asks_before_it_cancels(published: Published) -> None:
    """Without a terminal it cannot."""
    ran = published.cancel("--json")
    assert (ran.code, ran.error["toDo"]) == (2, "pass --yes")
    assert published.stack.held.outcomes == {}


def test_a_silent_table_fails_the_run_which_may_be_repeated(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was cancelled stays so."""
    monkeypatch.setattr(cancel, "_PAUSES", (0.0,))
    monkeypatch.setattr(FakeSubmissions, "_apply", lambda _self, _change: Indeterminate("ThrottlingError"))
    ran = published.cancel("--yes", "--json")
    assert (ran.code, "run the same command again" in ran.error["toDo"]) == (4, True)


def _canceller(**fake: Any) -> Canceller:  # noqa: ANN401 (members of the fake)
    return Canceller(FakeSubmissions({}, **fake), lambda _: None)


def _absent(count: int, taken: Callable[[int], object] = lambda _: None) -> Iterator[Submission]:
    for number in range(count):
        taken(number)
        yield cancel_absent(f"r-{number}", ONE, "h", owner="o", now=NOW)


def test_rows_are_read_only_as_far_as_calls_are_in_flight() -> None:
    """So memory does not grow with the file."""
    ahead, answered = list[int](), list[cancel.Answered]()
    wanted = _absent(1000, lambda row: ahead.append(row - len(answered)))
    cancel_in_parallel(_canceller(), wanted, answered.extend, 4)
    assert len(answered) == 1000
    assert max(ahead) < 5 * BATCH


def test_several_calls_are_made_at_once() -> None:
    """Each with 25 statements."""
    together = threading.Barrier(4, timeout=30)
    answered: list[cancel.Answered] = []
    cancel_in_parallel(_canceller(applying=together.wait), _absent(4 * BATCH), answered.extend, 4)
    assert len(answered) == 4 * BATCH


def test_no_batch_begins_after_one_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is asked no more than needed."""
    monkeypatch.setattr(cancel, "_PAUSES", (0.0,))
    begun: list[int] = []
    with pytest.raises(StoreUnavailableError):
        cancel_in_parallel(_canceller(silent=True), _absent(1000, begun.append), lambda _: None, 2)
    assert len(begun) <= 3 * BATCH
