"""DELETE /messages/{requestId}: an answer for every recipient, and nothing written over."""

from collections.abc import Iterable
from typing import Any

import pytest

from realtime_sms.aws import cancel
from realtime_sms.aws.requests import Addressed, Entry
from realtime_sms.aws.table import Key
from realtime_sms.vocabulary import MessageType, Reason, Status
from tests.api.fakes import HELLO, FakeApi, submission
from tests.fakes.submissions import NOW

NUMBERS = [f"+569000000{number:02}" for number in range(3)]


def _cancel(api: FakeApi, request_id: str = "k") -> dict[str, tuple[str, str]]:
    reply = api.call("DELETE", f"/messages/{request_id}")
    assert reply.status == 200
    counted = [one["answer"] for one in reply.body["recipients"]]
    assert [reply.body["cancelled"], reply.body["tooLate"]] == [counted.count(one) for one in cancel.Answer]
    return {one["recipient"]: (one["answer"], one["status"]) for one in reply.body["recipients"]}


def test_what_is_still_queued_is_cancelled_as_the_request_says(api: FakeApi) -> None:
    """The message that comes later has the same fingerprint, so that it ends here."""
    more = {"messageType": "promotional", "campaign": "mayo", "metadata": {"order": "7"}}
    api.post({**HELLO, "recipients": NUMBERS, "sendAt": "2027-01-15T12:00:00Z", **more}, key="k")
    assert _cancel(api) == dict.fromkeys(NUMBERS, ("cancelled", "cancelled"))
    one = api.requests.outcomes["k", NUMBERS[0]]
    assert (one.status, one.reason, one.attempt) == (Status.CANCELLED, Reason.CANCELLED, 0)
    assert one.content_hash == api.requests.entries["k"].content_hash
    assert (one.message_type, one.campaign, one.metadata) == (MessageType.PROMOTIONAL, "mayo", {"order": "7"})
    assert (one.segments, one.due_at) == (1, NOW + 4 * 3600)


def test_what_was_scheduled_loses_its_schedule(api: FakeApi) -> None:
    """A request for at once has none."""
    api.post(HELLO, key="now")
    api.requests.hold(
        submission("later", NUMBERS[0], "h", status=Status.WAITING, reason=Reason.SCHEDULED, due_at=NOW + 3600)
    )
    for request_id in ("now", "later", "later"):
        _cancel(api, request_id)
    assert api.deleted == ["later", "later"]
    assert api.requests.outcomes["later", NUMBERS[0]].due_at == NOW + 3600


def test_a_schedule_that_is_left_changes_no_answer(api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    """Its message ends without a call, because the outcome outlives it."""
    api.scheduler_fails = True
    api.post({**HELLO, "recipients": NUMBERS, "sendAt": "2027-01-15T12:00:00Z"}, key="k")
    assert _cancel(api) == dict.fromkeys(NUMBERS, ("cancelled", "cancelled"))
    assert "schedule not deleted" in caplog.text


def test_each_recipient_has_its_own_answer(api: FakeApi) -> None:
    """Those who are under way or done keep what they have."""
    api.post({**HELLO, "recipients": NUMBERS}, key="k")
    content_hash = api.requests.entries["k"].content_hash
    sending = submission("k", NUMBERS[0], content_hash, status=Status.SENDING)
    waiting = submission("k", NUMBERS[1], content_hash, status=Status.WAITING, due_at=NOW)
    dead, refused = (
        submission("k", number, content_hash, status=Status.FAILED, reason=reason)
        for number, reason in (("+56900000003", Reason.DEAD_LETTERED), ("+56900000004", Reason.OPTED_OUT))
    )
    api.requests.hold(sending, waiting, dead, refused)
    answers = _cancel(api)
    assert answers == {
        NUMBERS[0]: ("too_late", "sending"),
        NUMBERS[1]: ("cancelled", "cancelled"),
        NUMBERS[2]: ("cancelled", "cancelled"),
        dead.recipient: ("cancelled", "cancelled"),
        refused.recipient: ("too_late", "failed"),
    }
    assert api.requests.outcomes["k", NUMBERS[0]] == sending
    assert _cancel(api) == answers


def test_a_request_of_the_queue_is_cancelled_by_its_outcomes(api: FakeApi) -> None:
    """The API does not know its other recipients."""
    api.requests.hold(submission("q", NUMBERS[0], "h", status=Status.WAITING))
    assert _cancel(api, "q") == {NUMBERS[0]: ("cancelled", "cancelled")}


def test_an_outcome_of_other_content_gives_its_fingerprint_to_the_rest(api: FakeApi) -> None:
    """That content is what is sent under this id."""
    api.post({**HELLO, "recipients": NUMBERS[:2]}, key="k")
    api.requests.hold(submission("k", NUMBERS[0], "1-other"))
    _cancel(api)
    assert api.requests.outcomes["k", NUMBERS[1]].content_hash == "1-other"


def test_a_hash_in_the_place_of_a_forgotten_number_is_not_cancelled(api: FakeApi) -> None:
    """Who was forgotten had ended; if `rtsms forget` was killed, the outcome still has the number."""
    groups = (Addressed(0, 1, ("forgotten:5ad5585502f2dcb544d7c11da17d6a90", NUMBERS[1])),)
    api.requests.create(Entry(request_id="k", content_hash="h", groups=groups, created_at=NOW))
    api.requests.hold(*(submission("k", one, "h") for one in NUMBERS[:2]))
    assert _cancel(api) == dict.fromkeys(NUMBERS[:2], ("too_late", "submitted"))


def test_an_outcome_that_is_forgotten_meanwhile_is_not_cancelled(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was sent; the number is not written into the table again."""
    api.requests.hold(submission("k", NUMBERS[0], "h"))
    read = api.submissions.read

    def forgotten(keys: Iterable[Key]) -> dict[Key, Any]:
        api.requests.outcomes.clear()
        return read(keys)

    monkeypatch.setattr(api.submissions, "read", forgotten)
    reply = api.call("DELETE", "/messages/k")
    assert [one["answer"] for one in reply.body["recipients"]] == ["too_late"]
    assert api.requests.outcomes == {}


def test_a_request_that_nobody_knows_is_not_found(api: FakeApi) -> None:
    """Nothing is written under its id."""
    assert api.call("DELETE", "/messages/none").status == 404
    assert api.call("DELETE", "/messages/%23lock").status == 404
    assert api.requests.outcomes == {}


def test_a_table_that_stays_silent_fails_the_whole_call(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repeated, it answers for all."""
    monkeypatch.setattr(cancel, "_PAUSES", (0.0, 0.0))
    api.post({**HELLO, "recipients": NUMBERS}, key="k")
    api.submissions.silent = True
    reply = api.call("DELETE", "/messages/k")
    assert (reply.status, "repeat the call" in reply.body["detail"]) == (503, True)
    api.submissions.silent = False
    assert _cancel(api) == dict.fromkeys(NUMBERS, ("cancelled", "cancelled"))


def test_a_sender_that_is_faster_wins(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    """It claims between the canceller's reading and writing."""
    monkeypatch.setattr(cancel, "_PAUSES", (0.0, 0.0))
    api.post({**HELLO, "recipients": NUMBERS[:1]}, key="k")
    claimed = submission("k", NUMBERS[0], api.requests.entries["k"].content_hash, status=Status.SENDING)
    api.submissions.applying = lambda: api.requests.hold(claimed)
    assert _cancel(api) == {NUMBERS[0]: ("too_late", "sending")}
    assert api.requests.outcomes["k", NUMBERS[0]] == claimed


def test_a_cancelled_request_is_counted_once(api: FakeApi, caplog: pytest.LogCaptureFixture) -> None:
    """A second call cancels nothing, so it logs nothing."""
    api.post({**HELLO, "recipients": NUMBERS}, key="k")
    for count in (3, 0):
        caplog.clear()
        _cancel(api)
        logged = [vars(one) for one in caplog.records]
        assert [one["status"] for one in logged] == ["cancelled"] * count
        assert not any(number in str(logged) for number in NUMBERS)


def test_what_may_have_been_sent_is_left_alone(api: FakeApi) -> None:
    """Also where it waits for another attempt."""
    api.post({**HELLO, "recipients": NUMBERS[:1]}, key="k")
    held = submission("k", NUMBERS[0], api.requests.entries["k"].content_hash, status=Status.WAITING, maybe_sent=True)
    api.requests.hold(held)
    assert _cancel(api) == {NUMBERS[0]: ("too_late", "waiting")}
    assert api.requests.outcomes["k", NUMBERS[0]] == held
