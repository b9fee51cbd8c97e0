"""GET /messages/{requestId} and GET /submissions/{submissionId}: every recipient's state."""

from typing import Any

import pytest

from api.paging import seal, unseal
from realtime_sms.aws.requests import Rejection
from realtime_sms.vocabulary import Delivery, DeliveryReason, Reason, Status
from tests.api.fakes import HELLO, FakeApi, submission
from tests.fakes.submissions import NOW

NUMBERS = [f"+569000000{number:02}" for number in range(25)]


def _states(api: FakeApi, request_id: str, **query: str) -> dict[str, str]:
    body = api.get(f"/messages/{request_id}", **query).body
    return {one["recipient"]: one["status"] for one in body["recipients"]}


def _pages(api: FakeApi, request_id: str, limit: int) -> list[list[dict[str, Any]]]:
    pages, query = [], {"limit": str(limit)}
    while True:
        body = api.get(f"/messages/{request_id}", **query).body
        pages.append(body["recipients"])
        if "nextCursor" not in body:
            return pages
        query["cursor"] = body["nextCursor"]


def test_a_request_shows_at_once_after_it_was_accepted(api: FakeApi) -> None:
    """Every recipient is queued, with what will be sent."""
    api.post({**HELLO, "recipients": NUMBERS[:2], "metadata": {"order": "7"}}, key="k")
    body = api.get("/messages/k").body
    expected = {"status": "queued", "final": False, "charset": 0, "segments": 1}
    assert body["recipients"] == [{"recipient": number, **expected} for number in NUMBERS[:2]]
    assert (body["createdAt"], body["metadata"]) == ("2027-01-15T08:00:00.000Z", {"order": "7"})


def test_what_is_known_of_some_recipients_stands_beside_those_still_queued(api: FakeApi) -> None:
    """The sender takes up recipients one after the other."""
    api.post({**HELLO, "recipients": NUMBERS[:3]}, key="k")
    known = submission("k", NUMBERS[1], api.requests.entries["k"].content_hash, submission_id="99", submitted_at=NOW)
    api.requests.hold(known)
    assert _states(api, "k") == {NUMBERS[0]: "queued", NUMBERS[1]: "submitted", NUMBERS[2]: "queued"}


@pytest.mark.parametrize("limit", [1, 7, 24, 25, 100])
@pytest.mark.parametrize("held", [0, 10, 25])
def test_pages_give_every_recipient_once_in_order(api: FakeApi, limit: int, held: int) -> None:
    """However many have outcomes already."""
    api.post({**HELLO, "recipients": NUMBERS[::-1]}, key="k")
    content_hash = api.requests.entries["k"].content_hash
    api.requests.hold(*(submission("k", number, content_hash) for number in NUMBERS[::2][:held]))
    pages = _pages(api, "k", limit)
    assert [one["recipient"] for page in pages for one in page] == NUMBERS
    assert max(map(len, pages)) <= limit
    assert all(pages)


def test_a_request_of_the_queue_shows_refused_recipients_by_their_place(api: FakeApi) -> None:
    """It has no entry; what is no number has no other name than its place."""
    api.requests.hold(
        submission("q", "+56900000000", "h"),
        submission("q", "recipients[1]", "h", status=Status.FAILED, reason=Reason.INVALID_RECIPIENT, detail="no"),
    )
    assert [one["recipient"] for page in _pages(api, "q", 1) for one in page] == ["+56900000000", "recipients[1]"]


def test_a_message_that_was_rejected_shows_why(api: FakeApi) -> None:
    """A rejected message has no outcomes, but a note."""
    api.requests.rejections["q"] = Rejection("unreadable", "the body is not JSON", NOW)
    body = api.get("/messages/q").body
    assert (body["recipients"], body["rejected"]["reason"]) == ([], "unreadable")


def test_a_request_whose_id_another_took_is_rejected(api: FakeApi) -> None:
    """What will never be sent does not stay queued for ever."""
    api.post({**HELLO, "recipients": NUMBERS[:2]}, key="k")
    api.requests.hold(submission("k", NUMBERS[0], "of other content"))
    api.requests.rejections["k"] = Rejection("conflict", "used before", NOW)
    assert _states(api, "k") == {NUMBERS[0]: "submitted", NUMBERS[1]: "rejected"}


def test_another_message_rejected_under_its_id_does_not_reject_a_request(api: FakeApi) -> None:
    """The note is shown, and what is queued stays queued."""
    api.post(HELLO, key="k")
    api.requests.rejections["k"] = Rejection("conflict", "used before", NOW)
    assert _states(api, "k") == {"+56900000000": "queued"}


@pytest.mark.parametrize("path", ["/messages/none", "/messages/%23request", "/messages/%00", "/submissions/none"])
def test_what_is_not_known_is_not_found(api: FakeApi, path: str) -> None:
    """Unknown ids, and what can be none."""
    api.post(HELLO, key="k")
    assert api.get(path).status == 404


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "²", "9" * 5000], ids=lambda limit: limit[:6])
def test_a_limit_that_is_none_is_refused(api: FakeApi, limit: str) -> None:
    """400, and the parameter is named."""
    api.post(HELLO, key="k")
    reply = api.get("/messages/k", limit=limit)
    assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "limit")


class TestCursors:
    """Cursors are handed back as they came, or refused."""

    def _cursor(self, api: FakeApi, key: str) -> str:
        api.post({**HELLO, "recipients": NUMBERS}, key=key)
        return str(api.get(f"/messages/{key}", limit="5").body["nextCursor"])

    def test_a_cursor_changed_anywhere_is_refused(self, api: FakeApi) -> None:
        """No character of it can be another."""
        cursor = self._cursor(api, "k")
        for place, character in enumerate(cursor):
            changed = cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
            assert api.get("/messages/k", cursor=changed).status == 400

    @pytest.mark.parametrize("cursor", ["", "x", "====", "ñ", "A" * 16, "A" * 5000, "\x00", "+/+/"])
    def test_what_never_was_a_cursor_is_refused(self, api: FakeApi, cursor: str) -> None:
        """400, and the parameter is named."""
        self._cursor(api, "k")
        reply = api.get("/messages/k", cursor=cursor)
        assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "cursor")

    def test_another_requests_cursor_is_refused(self, api: FakeApi) -> None:
        """Even one of the same content."""
        other = self._cursor(api, "other")
        self._cursor(api, "k")
        assert api.get("/messages/k", cursor=other).status == 400

    def test_a_cursor_does_not_tell_the_number_that_it_stands_for(self) -> None:
        """It becomes part of an address, and addresses are logged."""
        sealed = seal("+56912345678", "key")
        assert unseal(sealed, "key") == "+56912345678"
        assert unseal(sealed, "other") is None
        assert seal("+56912345678", "other") != sealed


def test_a_submission_is_found_by_its_id(api: FakeApi) -> None:
    """RealTime's id leads to the request and the recipient."""
    api.requests.hold(submission("r", "+56900000000", "h", submission_id="4193366853543393", metadata={"a": "b"}))
    body = api.get("/submissions/4193366853543393").body
    assert (body["requestId"], body["recipient"], body["metadata"]) == ("r", "+56900000000", {"a": "b"})


def test_an_outcome_shows_what_is_known_of_its_delivery(api: FakeApi) -> None:
    """With why, when it became known, what it cost, and by whom it went."""
    api.requests.hold(
        submission(
            "r",
            "+56900000000",
            "h",
            delivery=Delivery.REJECTED,
            delivery_reason=DeliveryReason.BAD_NUMBER,
            delivery_at=NOW,
            cost="1",
            operator={"id": "7", "name": "Entel", "mcc": "730", "mnc": "01"},
        )
    )
    (shown,) = api.get("/messages/r").body["recipients"]
    assert (shown["delivery"], shown["deliveryReason"], shown["cost"]) == ("rejected", "bad_number", "1")
    assert (shown["deliveryAt"], shown["operator"]["mcc"]) == ("2027-01-15T08:00:00.000Z", "730")
