"""`rtsms status`: every recipient of a request, page by page, with numbers masked unless they are asked for."""

import pytest

from realtime_sms.aws.requests import Addressed, Entry, Rejection
from realtime_sms.vocabulary import Delivery, Reason, Status
from tests.api.fakes import NOW
from tests.cli.fakes import FakeStack, fake_stack, run, submission

NUMBERS = [f"+5691234{number:04}" for number in range(250)]


@pytest.fixture
def stack() -> FakeStack:
    """Give a stack that knows of one request with many recipients."""
    made = fake_stack()
    made.held.hold(*(submission("order-1", number) for number in NUMBERS[1:]))
    made.held.hold(
        submission("order-1", NUMBERS[0], status=Status.FAILED, reason=Reason.SENDER_REFUSED, http_status=406)
    )
    return made


def test_all_states_are_counted_and_one_page_is_shown(stack: FakeStack) -> None:
    """In the order of the numbers."""
    answer = run("status", "order-1", "--json", stack=stack).answer
    assert answer["states"] == {"submitted": 249, "failed": 1}
    assert (answer["page"], answer["pages"], len(answer["recipients"])) == (1, 5, 50)
    assert answer["recipients"][0] == {
        "recipient": "+56***00",
        "status": "failed",
        "final": True,
        "reason": "sender_refused",
        "attempt": 1,
        "httpStatus": 406,
        "createdAt": "2027-01-15T08:00:00.000Z",
        "updatedAt": "2027-01-15T08:00:00.000Z",
    }


def test_the_pages_together_are_all_recipients(stack: FakeStack) -> None:
    """Each once."""
    pages = [
        run("status", "order-1", "--json", "--show-numbers", "--limit", "99", "--page", str(page), stack=stack).answer
        for page in (1, 2, 3)
    ]
    assert [one["recipient"] for page in pages for one in page["recipients"]] == NUMBERS


def test_no_whole_number_is_shown_unless_asked_for(stack: FakeStack) -> None:
    """Neither to a person nor to a machine."""
    for arguments in (["status", "order-1"], ["status", "order-1", "--json"]):
        shown = run(*arguments, stack=stack).out
        assert not any(number in shown for number in NUMBERS)
        assert NUMBERS[0] in run(*arguments, "--show-numbers", stack=stack).out


def test_a_person_is_told_how_to_see_the_next_page(stack: FakeStack) -> None:
    """And a last page has none."""
    assert "page 1 of 5; the next page: rtsms status order-1 --page 2" in run("status", "order-1", stack=stack).out
    assert "the next page" not in run("status", "order-1", "--page", "5", stack=stack).out


def test_a_page_that_there_is_not_is_told_of_as_such(stack: FakeStack) -> None:
    """An empty table would say that nobody was sent to."""
    assert "there is no page 6: the last page is 5" in run("status", "order-1", "--page", "6", stack=stack).out


def test_the_delivery_is_shown_where_it_is_known() -> None:
    """With when we learned it."""
    stack = fake_stack()
    stack.held.hold(submission("order-1", NUMBERS[0], delivery=Delivery.DELIVERED, delivery_at=NOW, cost="0.5"))
    (one,) = run("status", "order-1", "--json", stack=stack).answer["recipients"]
    assert (one["delivery"], one["deliveryAt"], one["cost"]) == ("delivered", "2027-01-15T08:00:00.000Z", "0.5")
    assert "delivered" in run("status", "order-1", stack=stack).out


def test_recipients_that_the_api_accepted_are_queued_until_taken_up() -> None:
    """They are not forgotten because nothing became of them yet."""
    stack = fake_stack()
    stack.held.create(
        Entry(request_id="order-1", content_hash="h", groups=(Addressed(0, 1, tuple(NUMBERS[:2])),), created_at=NOW)
    )
    stack.held.hold(submission("order-1", NUMBERS[1]))
    answer = run("status", "order-1", "--json", stack=stack).answer
    assert [one["status"] for one in answer["recipients"]] == ["queued", "submitted"]


def test_a_rejection_is_told() -> None:
    """Where a message of this id was rejected."""
    stack = fake_stack()
    stack.held.rejections["order-1"] = Rejection(Reason.CONFLICT, "other content", NOW)
    assert "rejected: conflict: other content" in run("status", "order-1", stack=stack).out
    assert run("status", "order-1", "--json", stack=stack).answer["rejected"]["reason"] == "conflict"


def test_an_id_that_nothing_is_known_of_is_not_found() -> None:
    """With what to do."""
    ran = run("status", "order-2", "--json", stack=fake_stack())
    assert (ran.code, ran.error["where"]) == (3, "request order-2")
