import json
from typing import Any

import pytest

from local.fake_realtime import Simulator
from tests.local.fake_realtime.caller import ORDINARY, Caller, sms

BODY = json.dumps(sms()).encode()
JSON = "application/json"
BEARER = "Bearer local-token"


def test_a_submission_gets_a_status_and_an_id_of_digits(caller: Caller) -> None:
    """The reply to the vendor's own example has the shape that the vendor's page prints."""
    came = caller.send("+56900000000")
    (result,) = came.json["submissions"]
    assert (came.status, came.headers["Content-Type"]) == (200, JSON)
    assert result["status"] == "submitted"
    assert result["submissionId"].isdigit()
    assert list(came.json) == ["submissions"]


def test_each_recipient_has_a_submission_of_its_own(simulator: Simulator, caller: Caller) -> None:
    """Two recipients give two results with different ids, in the order given."""
    results = caller.send("+56911110001", "+56911110002").json["submissions"]
    assert [message.submission_id for message in simulator.inbox()] == [each["submissionId"] for each in results]
    assert len({each["submissionId"] for each in results}) == 2


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="missing"),
        pytest.param("Bearer wrong", id="wrong"),
        pytest.param("local-token", id="without Bearer"),
        pytest.param("bearer local-token", id="lower case"),
        pytest.param("Bearer  local-token", id="two spaces"),
        pytest.param("Bearer\tlocal-token", id="a tab"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Basic local-token", id="another scheme"),
    ],
)
def test_without_a_valid_token_there_is_401_and_no_body(
    simulator: Simulator, caller: Caller, authorization: str | None
) -> None:
    """The token must follow `Bearer` and exactly one space; else the reply is empty and nothing is accepted."""
    headers = {"Content-Type": JSON} | ({} if authorization is None else {"Authorization": authorization})
    came = caller.call("POST", "/api/sms", BODY, headers)
    assert (came.status, came.body) == (401, b"")
    assert simulator.inbox() == ()
    assert simulator.counters.posts == 1


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_malformed(caller: Caller, content_type: str) -> None:
    """The content type header is mandatory."""
    came = caller.call("POST", "/api/sms", BODY, {"Content-Type": content_type, "Authorization": BEARER})
    assert came.status == 400


def test_a_content_type_may_name_its_character_set(caller: Caller) -> None:
    """Parameters of the content type do not matter."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8", "Authorization": BEARER}
    assert caller.call("POST", "/api/sms", BODY, headers).status == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        pytest.param({"recipients": None}, 400, id="recipients null"),
        pytest.param({"recipients": []}, 400, id="no recipient"),
        pytest.param({"recipients": ORDINARY}, 400, id="recipients a string"),
        pytest.param({"recipients": [56911112222]}, 400, id="recipient a number"),
        pytest.param({"recipients": ["911112222"]}, 400, id="recipient without country"),
        pytest.param({"recipients": [ORDINARY, "x"]}, 400, id="second recipient bad"),
        pytest.param({"recipients": [f"{ORDINARY}\n"]}, 400, id="recipient with a line feed"),
        pytest.param({"message": None}, 400, id="message null"),
        pytest.param({"message": "hello"}, 400, id="message a string"),
        pytest.param({"message": {"charset": 0}}, 400, id="no text"),
        pytest.param({"message": {"charset": 0, "text": ""}}, 400, id="empty text"),
        pytest.param({"message": {"charset": 0, "text": 7}}, 400, id="text a number"),
        pytest.param({"message": {"charset": 2, "text": "x"}}, 400, id="unknown charset"),
        pytest.param({"message": {"charset": "0", "text": "x"}}, 400, id="charset a string"),
        pytest.param({"message": {"charset": False, "text": "x"}}, 400, id="charset a boolean"),
        pytest.param({"message": {"charset": 0.0, "text": "x"}}, 400, id="charset a fraction"),
        pytest.param({"message": {"text": "x"}}, 200, id="charset absent"),
        pytest.param({"sender": None}, 400, id="sender null"),
        pytest.param({"sender": ""}, 406, id="sender empty"),
        pytest.param({"sender": "ABCDEFGHIJKL"}, 406, id="sender of 12 letters"),
        pytest.param({"sender": "1234567890123456"}, 406, id="sender of 16 digits"),
        pytest.param({"sender": "año"}, 406, id="sender with an accent"),
        pytest.param({"sender": "123456789012345"}, 200, id="sender of 15 digits"),
        pytest.param({"sender": "ABCDEFGHIJK"}, 200, id="sender of 11 letters"),
    ],
)
def test_every_field_is_checked(simulator: Simulator, caller: Caller, changes: dict[str, Any], status: int) -> None:
    """A malformed body is 400, a malformed sender 406; nothing of such a call is accepted, and the body is empty."""
    came = caller.post("/api/sms", sms() | changes)
    assert came.status == status
    assert bool(simulator.inbox()) == (status == 200) == bool(came.body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff", b"[" * 200_000, b'{"recipients": ' + b"9" * 10_000 + b"}"],
    ids=["empty", "cut", "array", "null", "not UTF-8", "deep", "huge number"],
)
def test_a_body_that_is_no_json_object_is_malformed(caller: Caller, body: bytes) -> None:
    """Hostile bodies get 400, not a broken connection."""
    headers = {"Content-Type": JSON, "Authorization": BEARER}
    assert caller.call("POST", "/api/sms", body, headers).status == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/sms"), ("PUT", "/api/sms"), ("POST", "/api/balance"), ("GET", "/api/auth"), ("POST", "/api/sms/1")],
)
def test_the_wrong_method_is_405(caller: Caller, method: str, path: str) -> None:
    """Each operation has one method."""
    assert caller.call(method, path).status == 405


def test_an_unknown_operation_is_404(caller: Caller) -> None:
    """Nothing but the four operations is there."""
    assert caller.get("/api/other").status == 404
    assert caller.get("/api/sms/").status == 404


def test_only_allowed_senders_may_send(simulator: Simulator, caller: Caller) -> None:
    """A well-formed sender that the account may not use is 406."""
    simulator.change(allowed_senders=["96000"])
    assert caller.send(sender="96000").status == 200
    assert caller.send(sender="Bank").status == 406


def test_the_account_may_limit_recipients_a_call(simulator: Simulator, caller: Caller) -> None:
    """More recipients than the account allows are malformed, and none of them gets the message."""
    simulator.change(max_recipients=1)
    assert caller.send("+56911110001", "+56911110002").status == 400
    assert simulator.inbox() == ()


@pytest.mark.parametrize(("order", "expected"), [("kept", [0, 1, 2]), ("reversed", [2, 1, 0])])
def test_the_order_of_results_can_be_turned(
    simulator: Simulator, caller: Caller, order: str, expected: list[int]
) -> None:
    """The vendor promises no order, so a client must not need one."""
    simulator.change(order=order)
    results = caller.send("+56911110000", "+56911110001", "+56911110002").json["submissions"]
    ids = [message.submission_id for message in simulator.inbox()]
    assert [ids.index(result["submissionId"]) for result in results] == expected


def test_a_shuffled_reply_has_every_result(simulator: Simulator, caller: Caller) -> None:
    """Shuffling moves results and loses none."""
    simulator.change(order="shuffled")
    numbers = [f"+569111100{place:02}" for place in range(20)]
    results = [result["submissionId"] for result in caller.send(*numbers).json["submissions"]]
    ids = [message.submission_id for message in simulator.inbox()]
    assert sorted(results) == sorted(ids)
    assert results != ids


def test_every_post_is_counted_by_recipient(simulator: Simulator, caller: Caller) -> None:
    """Refused calls count too: the count proves what a client did, not what the vendor took."""
    caller.send("+56911110001", "+56911110002")
    caller.send("+56911110001", sender="")
    assert simulator.counters.posts == 2
    assert simulator.counters.posts_by_recipient == {"+56911110001": 2, "+56911110002": 1}
