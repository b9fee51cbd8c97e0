"""`rtsms status`: every recipient of a request, page by page, with masked numbers by default."""

import pytest

from realtime_sms.aws.requests import Addressed, Entry, Rejection
from realtime_sms.vocabulary import Delivery, Reason, Status
from tests.cli.fakes import FakeStack, fake_stack, run, submission
from tests.fakes.submissions import NOW

NUMBERS = [f"+5691234{number:04}" for number in range(250)]


@pytest.fixture
def stack() -> FakeStack:
    """Return a stack with one request to many recipients."""
    made = fake_stack()
    made.held.hold(*(submission("order-1", number) for number in NUMBERS[1:]))
    made.held.hold(
        submission("order-1", NUMBERS[0], status=Status.FAILED, reason=Reason.SENDER_REFUSED, http_status=406)
    )
    return made


def test_all_states_are_counted_and_one_page_is_shown(stack: FakeStack) -> None:
    """Recipients are in the order of their numbers."""
    answer = run("status", "order-1", "--json", stack=stack).answer
    assert answer["states"] == {"submitted": 249, "failed": 1}
    assert (answer["page"], answer["pages"], len(answer["recipients"])) == (1, 5, 50)
    assert answer["recipients"][0] == {
        "recipient": "+56***00",
        "status": "failed",
        "final": True,
        "reason": "sender_refused",
        "messageType": "transactional",
        "attempt": 1,
        "httpStatus": 406,
        "createdAt": "2027-01-15T08:00:00.000Z",
        "updatedAt": "2027-01-15T08:00:00.000Z",
    }


def test_what_is_sent_later_shows_when_it_is_due(stack: FakeStack) -> None:
    """In the text as in the JSON."""
    held = submission("r", NUMBERS[0], status=Status.WAITING, reason=Reason.SCHEDULED, due_at=NOW + 3600)
    stack.held.hold(held)
    (shown,) = run("status", "r", "--json", stack=stack).answer["recipients"]
    assert (shown["status"], shown["reason"], shown["dueAt"]) == ("waiting", "scheduled", "2027-01-15T09:00:00.000Z")
    assert "due 2027-01-15T09:00:00.000Z" in run("status", "r", stack=stack).out


def test_the_pages_together_are_all_recipients(stack: FakeStack) -> None:
    """Each recipient is on one page."""
    pages = [
        run("status", "order-1", "--json", "--show-numbers", "--limit", "99", "--page", str(page), stack=stack).answer
        for page in (1, 2, 3)
    ]
    assert [one["recipient"] for page in pages for one in page["recipients"]] == NUMBERS


def test_no_whole_number_is_shown_unless_asked_for(stack: FakeStack) -> None:
    """This holds for text and for JSON."""
    for arguments in (["status", "order-1"], ["status", "order-1", "--json"]):
        shown = run(*arguments, stack=stack).out
        assert not any(number in shown for number in NUMBERS)
        assert NUMBERS[0] in run(*arguments, "--show-numbers", stack=stack).out


def test_a_page_says_how_to_see_the_next_one(stack: FakeStack) -> None:
    """The last page does not."""
    assert "page 1 of 5; the next page: rtsms status order-1 --page 2" in run("status", "order-1", stack=stack).out
    assert "the next page" not in run("status", "order-1", "--page", "5", stack=stack).out


def test_a_page_after_the_last_says_so(stack: FakeStack) -> None:
    """An empty table would look as if there were no recipients."""
    assert "there is no page 6: the last page is 5" in run("status", "order-1", "--page", "6", stack=stack).out


def test_a_known_delivery_is_shown() -> None:
    """Its time is the time of the report."""
    stack = fake_stack()
    stack.held.hold(submission("order-1", NUMBERS[0], delivery=Delivery.DELIVERED, delivery_at=NOW, cost="0.5"))
    (one,) = run("status", "order-1", "--json", stack=stack).answer["recipients"]
    assert (one["delivery"], one["deliveryAt"], one["cost"]) == ("delivered", "2027-01-15T08:00:00.000Z", "0.5")
    assert "delivered" in run("status", "order-1", stack=stack).out


def test_recipients_without_an_outcome_are_queued() -> None:
    """The API accepted them, and their message is on the queue."""
    stack = fake_stack()
    stack.held.create(
        Entry(request_id="order-1", content_hash="h", groups=(Addressed(0, 1, tuple(NUMBERS[:2])),), created_at=NOW)
    )
    stack.held.hold(submission("order-1", NUMBERS[1]))
    answer = run("status", "order-1", "--json", stack=stack).answer
    assert [one["status"] for one in answer["recipients"]] == ["queued", "submitted"]


def test_a_rejection_is_shown() -> None:
    """It is of a message with this id."""
    stack = fake_stack()
    stack.held.rejections["order-1"] = Rejection(Reason.CONFLICT, "other content", NOW)
    assert "rejected: conflict: other content" in run("status", "order-1", stack=stack).out
    assert run("status", "order-1", "--json", stack=stack).answer["rejected"]["reason"] == "conflict"


def test_an_unknown_request_is_not_found() -> None:
    """The error names the argument, not what was typed."""
    ran = run("status", "order-2", "--json", stack=fake_stack())
    assert (ran.code, ran.error["where"]) == (3, "REQUEST_ID")
