"""POST /messages: what is accepted, once and for good, and what the caller is told."""

import base64
import json
import threading
from dataclasses import replace
from typing import Any

import pytest

from api.accept import take
from tests.api.fakes import HELLO, FakeApi, submission
from tests.fakes.submissions import NOW

LONG = {**HELLO, "message": {"text": "áéíóú " * 30}}
GERMAN = "+4915112345678"


def test_a_request_is_accepted_and_queued_under_a_new_id(api: FakeApi) -> None:
    """Without a key each request gets an id of its own, which the queue message names."""
    first, second = api.post(HELLO), api.post(HELLO)
    ids = [first.body["requestId"], second.body["requestId"]]
    assert (first.status, second.status) == (202, 202)
    assert api.messages() == [HELLO | {"requestId": one} for one in ids]
    assert len(set(ids)) == 2


def test_the_vendors_own_sample_body_is_a_request(api: FakeApi) -> None:
    """A bare RealTime client sends the same body to another address."""
    sample = {"recipients": ["+56900000000"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}
    assert api.post(sample).status == 202


def test_the_reply_says_where_the_outcomes_are(api: FakeApi) -> None:
    """The address has the stage, and the id written so that it is one step of a path."""
    reply = api.post(HELLO, key="order:1+1@shop")
    assert reply.headers["Location"] == "/v1/messages/order%3A1%2B1%40shop" == reply.body["links"]["self"]


@pytest.mark.parametrize("written", ["order-1", '"order-1"'], ids=["bare", "as a structured field"])
def test_the_key_is_the_request_id(api: FakeApi, written: str) -> None:
    """The Idempotency-Key names the request, in quotation marks or without."""
    assert api.post(HELLO, key=written).body["requestId"] == "order-1"


def test_what_the_body_says_besides_is_queued_as_given(api: FakeApi) -> None:
    """Time limits, policies and metadata reach the sender untouched."""
    body = {
        **HELLO,
        "requestId": "r",
        "expiresAt": "2030-01-01T00:00:00+03:00",
        "metadata": {"a": "b"},
        "encoding": "plain",
        "onUnknown": "resend",
        "maxSegments": 3,
    }
    api.post(body)
    assert api.messages() == [body]


def test_each_group_is_described(api: FakeApi) -> None:
    """Recipients whose country takes plain text get it; the others what was written, and what forces it is named."""
    reply = api.post({"recipients": ["+56900000000", GERMAN], "sender": "x", "message": {"text": "así"}})
    plain, auto = reply.body["groups"]
    assert (plain["policy"], plain["charset"], plain["segments"], plain["recipients"]) == ("plain", 0, 1, 1)
    assert plain["replaced"] == [{"position": 2, "original": "í", "replacement": "i"}]
    assert (auto["policy"], auto["charset"], auto["alphabet"], auto["units"]) == ("auto", 6, "ucs2", 3)
    assert auto["forcedBy"] == [{"character": "í", "codePoint": "U+00ED", "position": 2}]
    assert (reply.body["recipients"], reply.body["segments"]) == (2, 2)


@pytest.mark.parametrize(
    ("more", "group"),
    [
        ({}, ("transactional", None)),
        ({"campaign": "mayo"}, ("transactional", "mayo")),
        ({"messageType": "promotional", "campaign": "mayo"}, ("promotional", "mayo")),
    ],
    ids=["by default", "with a campaign", "promotional"],
)
def test_a_request_goes_to_the_queue_of_its_message_type(
    api: FakeApi, more: dict[str, str], group: tuple[str, str | None]
) -> None:
    """In the group of its campaign."""
    assert api.post(HELLO | more).status == 202
    assert api.producer.groups == [group]


def test_a_body_in_base64_is_read(api: FakeApi) -> None:
    """API Gateway hands over what it takes for binary in Base64."""
    body = base64.b64encode(json.dumps(HELLO).encode()).decode()
    assert api.call("POST", "/messages", body=body, isBase64Encoded=True).status == 202


class TestTheSameKeyAgain:
    """What a second call with a key does."""

    def test_same_content_gets_the_same_answer_and_is_queued_once(self, api: FakeApi) -> None:
        """A caller who did not see the first answer sees it now; the sender has taken the message up."""
        first = api.post(LONG, key="k")
        api.requests.hold(submission("k", "+56900000000", api.requests.entries["k"].content_hash))
        assert api.post(LONG, key="k") == first
        assert len(api.producer.bodies) == 1

    def test_it_is_queued_again_while_there_is_no_outcome(self, api: FakeApi) -> None:
        """The queue may have been purged, or the message outlived its 14 days; two messages are one send."""
        first = api.post(LONG, key="k")
        api.producer.bodies.clear()
        assert api.post(LONG, key="k") == first
        assert api.messages() == [LONG | {"requestId": "k"}]

    def test_other_content_is_a_conflict(self, api: FakeApi) -> None:
        """Nothing is sent, and nothing of the first request is changed."""
        api.post(HELLO, key="k")
        entry = api.requests.entries["k"]
        reply = api.post(LONG, key="k")
        assert (reply.status, reply.body["errors"][0]["reason"]) == (409, "conflict")
        assert (len(api.producer.bodies), api.requests.entries["k"]) == (1, entry)

    def test_a_request_to_a_forgotten_number_is_still_known(self, api: FakeApi) -> None:
        """`rtsms forget` replaced its content hash by a keyed one; other content is a conflict all the same."""
        assert api.post(HELLO, key="k").status == 202
        entry = api.requests.entries["k"]
        api.requests.entries["k"] = replace(entry, content_hash=f"forgotten:{entry.content_hash}")
        assert (api.post(HELLO, key="k").status, api.post(LONG, key="k").status) == (202, 409)

    def test_other_content_that_came_over_the_queue_is_a_conflict(self, api: FakeApi) -> None:
        """The sender would refuse it; the caller learns it at once."""
        api.requests.hold(submission("k", "+56900000000", "another"))
        assert api.post(HELLO, key="k").status == 409
        assert not api.producer.bodies

    def test_of_two_at_once_with_other_content_one_is_refused(self, api: FakeApi) -> None:
        """Who reads nothing and writes second finds the other's entry."""
        api.post(HELLO, key="k")
        api.requests.blind = True
        assert api.post(LONG, key="k").status == 409
        assert len(api.producer.bodies) == 1

    def test_of_many_at_once_with_the_same_content_all_are_accepted(self, api: FakeApi) -> None:
        """The queue may get one message each; the sender sends one. A Lambda environment serves one call at a time."""
        barrier = threading.Barrier(8)
        accepted: list[str] = []

        def call() -> None:
            barrier.wait()
            accepted.append(take(HELLO, "k", "/v1", api.ports())["requestId"])

        threads = [threading.Thread(target=call) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert accepted == ["k"] * 8
        assert {json.dumps(message) for message in api.messages()} == {json.dumps(HELLO | {"requestId": "k"})}


class TestWhatFailsOnTheWay:
    """A call that ends in 503 may be repeated with the same key, and the message arrives."""

    @pytest.mark.parametrize("part", ["front", "enter", "queue"])
    def test_the_caller_is_asked_to_try_again_and_may(self, api: FakeApi, part: str) -> None:
        """Whatever failed, nothing was promised; the next try queues the message."""
        self._break(api, part)
        reply = api.post(HELLO, key="k")
        assert (reply.status, reply.headers["Retry-After"], api.producer.bodies) == (503, "5", [])
        api.producer.failing = False
        api.requests.failing.clear()
        assert api.post(HELLO, key="k").status == 202
        assert api.messages() == [HELLO | {"requestId": "k"}]

    def test_an_entry_whose_message_is_not_known_to_be_queued_is_queued_again(self, api: FakeApi) -> None:
        """The register failed after the queue took it: twice in the queue, once sent."""
        api.requests.failing = {"mark_queued"}
        assert api.post(HELLO, key="k").status == 202
        api.requests.failing.clear()
        assert api.post(HELLO, key="k").status == 202
        assert len(api.producer.bodies) == 2
        assert api.requests.entries["k"].queued_at == NOW

    def test_a_conflict_stays_one_when_the_queue_failed(self, api: FakeApi) -> None:
        """An entry that was never queued still owns its id."""
        api.producer.failing = True
        api.post(HELLO, key="k")
        api.producer.failing = False
        assert api.post(LONG, key="k").status == 409

    @staticmethod
    def _break(api: FakeApi, part: str) -> None:
        api.producer.failing = part == "queue"
        api.requests.failing = {part}


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "no phone number": ({**HELLO, "recipients": ["+56900000000", "12"]}, "/recipients/1", "invalid_recipient"),
    "empty number": ({**HELLO, "recipients": ["+56900000000", ""]}, "/recipients/1", "invalid_recipient"),
    "null for a number": ({**HELLO, "recipients": ["+56900000000", None]}, "/recipients/1", "invalid_recipient"),
    "65 characters": ({**HELLO, "recipients": ["9" * 65]}, "/recipients/0", "invalid_recipient"),
    "destination not allowed": (
        {**HELLO, "recipients": ["+56900000000", GERMAN, "+447700900123"]},
        "/recipients/2",
        "destination_not_allowed",
    ),
    "text that exact refuses": (
        {**HELLO, "encoding": "exact", "message": {"text": "así"}},
        "/message/text",
        "unencodable",
    ),
    "too many segments": (
        {**HELLO, "maxSegments": 1, "message": {"text": "a" * 161}},
        "/message/text",
        "too_many_segments",
    ),
    "no sender": ({"recipients": ["+56900000000"], "message": {"text": "a"}}, "/sender", "no_sender"),
    "unknown field": ({**HELLO, "sendr": "x"}, "/sendr", "invalid_request"),
    "field missing": ({"recipients": ["+56900000000"], "sender": "x"}, "/message", "invalid_request"),
    "wrong type": ({**HELLO, "recipients": "+56900000000"}, "/recipients", "invalid_request"),
    "request id": ({**HELLO, "requestId": "#request"}, "/requestId", "invalid_request"),
}


@pytest.mark.parametrize(("body", "pointer", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("path", ["/messages", "/messages/preview"])
def test_a_request_that_cannot_be_sent_is_refused_as_a_whole(
    api: FakeApi, path: str, body: dict[str, Any], pointer: str, reason: str
) -> None:
    """422 with a pointer to what is wrong; nothing is kept or queued."""
    reply = api.post(body, path=path)
    assert reply.status == reply.body["status"] == 422
    assert [(error["pointer"], error["reason"]) for error in reply.body["errors"]] == [(pointer, reason)]
    assert (api.producer.bodies, api.requests.entries) == ([], {})


def test_everything_that_is_wrong_is_told_at_once(api: FakeApi) -> None:
    """One try shows all there is to mend, in the body and in the header."""
    recipients = ["+56900000000", "x", None, "+447700900123"]
    body = {"recipients": recipients, "message": {"text": "", "colour": 1}, "sender": "á"}
    errors = api.post(body, key="not an id").body["errors"]
    places = {error.get("pointer", error.get("parameter")) for error in errors}
    numbers = {f"/recipients/{index}" for index in (1, 2, 3)}
    assert places == numbers | {"/message/text", "/message", "/sender", "Idempotency-Key"}


PAST = "2027-01-15T07:59:59Z"


@pytest.mark.parametrize("path", ["/messages", "/messages/preview", "/api/sms"])
def test_a_request_whose_time_is_past_is_refused_at_once(api: FakeApi, path: str) -> None:
    """It would only end as expired."""
    reply = api.post({**HELLO, "expiresAt": PAST}, path=path)
    assert (reply.status, reply.body["errors"]) == (
        422,
        [{"detail": "is past", "pointer": "/expiresAt", "reason": "expired"}],
    )
    assert (api.producer.bodies, api.requests.entries) == ([], {})


def test_a_repeated_call_gets_its_answer_also_when_its_time_is_past(api: FakeApi) -> None:
    """The request was accepted in time; its outcomes say what became of it."""
    first = api.post(HELLO, key="k")
    assert api.post({**HELLO, "expiresAt": PAST}, key="k") == first


SOON, FAR = "2027-01-15T08:00:01Z", "2028-01-16T08:00:01Z"


@pytest.mark.parametrize("path", ["/messages", "/messages/preview", "/api/sms"])
@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"sendAt": "2027-01-15T07:58:59Z"}, "is past"),
        ({"sendAt": FAR}, "is more than 366 days ahead"),
        ({"sendAt": SOON, "expiresAt": SOON}, "must be before expiresAt"),
    ],
    ids=["past", "too far", "as it expires"],
)
def test_a_bad_time_is_refused_at_once(api: FakeApi, path: str, times: dict[str, str], said: str) -> None:
    """With its place, as what else is wrong with a request."""
    reply = api.post({**HELLO, **times}, path=path)
    assert (reply.status, reply.body["errors"]) == (
        422,
        [{"detail": said, "pointer": "/sendAt", "reason": "invalid_request"}],
    )
    assert (api.producer.bodies, api.requests.entries) == ([], {})


@pytest.mark.parametrize("time", [SOON, "2027-01-15T07:59:01Z", "2028-01-16T07:59:59Z"], ids=["soon", "late", "far"])
def test_a_request_for_later_is_queued_as_given(api: FakeApi, time: str) -> None:
    """A minute late is no error: clocks disagree."""
    assert api.post({**HELLO, "sendAt": time}, key="k").status == 202
    assert [message["sendAt"] for message in api.messages()] == [time]


def test_a_repeated_call_gets_its_answer_also_when_it_was_sent_by_then(api: FakeApi) -> None:
    """The request was accepted before; its time is not looked at again."""
    first = api.post(HELLO, key="k")
    assert api.post({**HELLO, "sendAt": "2026-01-01T00:00:00Z"}, key="k") == first


@pytest.mark.parametrize("path", ["/messages", "/messages/preview", "/api/sms"])
def test_a_name_given_twice_is_refused(api: FakeApi, path: str) -> None:
    """Which of two values is meant cannot be told."""
    twice = '{"recipients": ["+56900000000"], "recipients": ["+56911111111"], "message": {"text": "a", "text": "b"}}'
    reply = api.post(twice, path=path)
    assert (reply.status, [error["pointer"] for error in reply.body["errors"]]) == (
        422,
        ["/recipients", "/message/text"],
    )
    assert not api.producer.bodies


def test_a_body_with_a_byte_order_mark_is_read(api: FakeApi) -> None:
    """Editors of Windows write it."""
    assert api.post("\ufeff" + json.dumps(HELLO), key="k").status == 202
    assert api.messages() == [HELLO | {"requestId": "k"}]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", "UTF8", '"utf-8"'])
def test_utf_8_has_several_names(api: FakeApi, charset: str) -> None:
    """`utf8` is what many write."""
    headers = {"Content-Type": f"application/json; charset={charset}"}
    assert api.call("POST", "/messages", headers=headers, body=json.dumps(HELLO)).status == 202


@pytest.mark.parametrize("proxy", ["messages", "messages/"])
def test_a_trailing_slash_keeps_the_stage_in_the_address(api: FakeApi, proxy: str) -> None:
    """API Gateway drops the slash in one place of the event, and keeps it in another."""
    event: dict[str, Any] = {"pathParameters": {"proxy": proxy}, "requestContext": {"path": "/v1/messages/"}}
    reply = api.call("POST", "/messages", body=json.dumps({**HELLO, "requestId": "k"}), **event)
    assert reply.headers["Location"] == "/v1/messages/k" == reply.body["links"]["self"]


UNREAD: dict[str, tuple[dict[str, Any], int]] = {
    "no JSON": ({"body": "{"}, 400),
    "no body": ({"body": None}, 400),
    "no UTF-8": ({"body": base64.b64encode(b'"\xff"').decode(), "isBase64Encoded": True}, 400),
    "no Base64": ({"body": "é", "isBase64Encoded": True}, 400),
    "NaN": ({"body": '{"a": NaN}'}, 400),
    "nested": ({"body": "[" * 100_000}, 400),
    "an array": ({"body": "[]"}, 422),
    "a form": ({"body": "a=b", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415),
    "no type": ({"body": "{}", "headers": None}, 415),
    "another charset": ({"body": "{}", "headers": {"Content-Type": "application/json; charset=latin-1"}}, 415),
    "too large": ({"body": '{"a": "' + "x" * 256 * 1024 + '"}'}, 413),
}


@pytest.mark.parametrize(("event", "status"), UNREAD.values(), ids=UNREAD)
def test_a_body_that_is_no_request_at_all_is_refused(api: FakeApi, event: dict[str, Any], status: int) -> None:
    """Each fault has its own status and a problem document."""
    reply = api.call("POST", "/messages", **event)
    assert (reply.status, reply.body["status"], reply.headers["Content-Type"]) == (
        status,
        status,
        "application/problem+json",
    )


def test_the_largest_request_fits_the_queue(api: FakeApi) -> None:
    """A body of just 256 KiB is taken, or refused for its size with the id; never lost on the way."""
    body: dict[str, Any] = {**HELLO, "message": {"text": "ñ" * 39_015, "encoded": False}, "encoding": "auto"}
    reply = api.post(json.dumps(body, ensure_ascii=False))
    assert reply.status == 202
    assert len(api.producer.bodies[0].encode()) <= 256 * 1024


def test_a_key_that_contradicts_the_body_is_refused(api: FakeApi) -> None:
    """Both names given, and not the same: the caller must say which."""
    reply = api.post({**HELLO, "requestId": "a"}, key="b")
    assert (reply.status, reply.body["errors"][0]["parameter"]) == (400, "Idempotency-Key")


def test_two_keys_are_refused(api: FakeApi) -> None:
    """A request with two names has none."""
    headers = {"Content-Type": ["application/json"], "Idempotency-Key": ["a", "b"]}
    assert api.call("POST", "/messages", multiValueHeaders=headers, body=json.dumps(HELLO)).status == 400


@pytest.mark.parametrize("character", ["\ufffe", "\uffff"])
def test_what_the_queue_takes_no_character_for_is_written_as_an_escape(api: FakeApi, character: str) -> None:
    """SQS refuses U+FFFE and U+FFFF in a body; escaped they reach the sender."""
    body = {**HELLO, "encoding": "auto", "message": {"text": f"a{character}"}}
    assert api.post(body).status == 202
    assert character not in api.producer.bodies[0]
    assert api.messages()[0]["message"] == body["message"]


def test_no_number_or_text_is_told_in_a_problem(api: FakeApi) -> None:
    """Problems quote numbers masked, and texts not at all."""
    secret, number = "meet me at nine", "+569123456789012"
    reply = api.post({**HELLO, "recipients": [number], "message": {"text": secret, "x": secret}, secret: 1})
    assert secret not in json.dumps(reply.body)
    assert number not in json.dumps(reply.body)
