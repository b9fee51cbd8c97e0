"""The send request: RealTime's own body, what is added to it, its limits, its errors and its fingerprint."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from realtime_sms.encoding import text
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.model import (
    MAX_RECIPIENTS,
    MAX_TEXT,
    MAX_WIRE_TEXT,
    Content,
    Policy,
    SendRequest,
    content_hash,
    json_schema,
    parse_request,
)

NUMBER = "+56911112222"
TEXT = "canary text ñ"
SAMPLE: dict[str, Any] = {
    "recipients": ["+56900000000"],
    "sender": "96000",
    "message": {"charset": 0, "text": "libizon adikestr 85f0f569cb 1287c690e0"},
}
BARE: dict[str, Any] = {"recipients": [NUMBER], "message": {"text": TEXT}}


def refused(value: object) -> list[str]:
    """Return the problems of what is no request, each as its place and words."""
    with pytest.raises(InvalidInputError) as error:
        parse_request(value)
    return [str(problem) for problem in error.value.problems]


def test_realtimes_own_body_is_a_request() -> None:
    """A bare RealTime client changes nothing but the address."""
    request = parse_request(SAMPLE)
    assert (request.recipients, request.sender) == (["+56900000000"], "96000")
    assert (request.message.charset, request.message.text) == (0, "libizon adikestr 85f0f569cb 1287c690e0")


def test_what_is_added_is_optional() -> None:
    """Each addition has a default under which the body means what it means to RealTime."""
    assert parse_request(BARE).model_dump(by_alias=True) == {
        "recipients": [NUMBER],
        "message": {"charset": None, "text": TEXT, "encoded": False},
        "sender": None,
        "requestId": None,
        "encoding": None,
        "maxSegments": None,
        "expiresAt": None,
        "sendAt": None,
        "messageType": "transactional",
        "campaign": None,
        "onUnknown": "keep",
        "metadata": {},
    }


@pytest.mark.parametrize(
    "field",
    [
        *[pytest.param({"sender": sender}, id=f"sender {sender}") for sender in ("A", "TIENDA2026x", "1" * 15)],
        *[pytest.param({"requestId": one}, id=f"id {one[:9]}") for one in ("a", "0", "a" * 128, "a.b_c:d@e+f=g~h-i")],
        *[pytest.param({"message": {"text": "a", "charset": one}}, id=f"charset {one}") for one in (0, 1, 6, 8)],
        *[pytest.param({"encoding": policy}, id=policy) for policy in ("auto", "plain", "exact")],
        *[pytest.param({"onUnknown": word}, id=word) for word in ("keep", "resend")],
        *[pytest.param({"messageType": word}, id=word) for word in ("transactional", "promotional")],
        *[pytest.param({"campaign": one}, id=f"campaign {one[:9]}") for one in ("a", "0", "a" * 64, "navidad-2026")],
        pytest.param({"maxSegments": 1}, id="one segment"),
        pytest.param({"maxSegments": 255}, id="as many segments as the network counts"),
        pytest.param({"recipients": [NUMBER] * MAX_RECIPIENTS}, id="as many recipients as may be"),
        pytest.param({"recipients": ["0" * 64]}, id="a recipient as long as may be"),
        pytest.param({"message": {"text": "a" * MAX_TEXT}}, id="a text as long as may be"),
        pytest.param({"message": {"text": "a" * MAX_WIRE_TEXT, "encoded": True}}, id="a wire form as long as may be"),
        pytest.param({"message": {"text": "\x00"}}, id="a NUL in a text, which encoding will judge"),
        pytest.param({"metadata": {f"k{n}": "v" * 256 for n in range(16)}}, id="as much metadata as may be"),
        pytest.param({"metadata": {"a.b_c-D9": "año 2026 😀"}}, id="metadata in any script"),
    ],
)
def test_what_is_within_the_limits_is_accepted(field: dict[str, Any]) -> None:
    """Each limit holds on its near side; the far sides stand in bodies/invalid."""
    request = parse_request(BARE | field)
    assert {name: request.model_dump(by_alias=True, exclude_unset=True)[name] for name in field} == field


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        pytest.param({"message": {"text": "a" * (MAX_TEXT + 1)}}, "message: text must be at most", id="text"),
        pytest.param(
            {"message": {"text": "a" * (MAX_WIRE_TEXT + 1), "encoded": True}}, "message.text: ", id="wire form"
        ),
        pytest.param({"recipients": [NUMBER] * (MAX_RECIPIENTS + 1)}, "recipients: ", id="recipients"),
    ],
)
def test_what_is_too_long_is_refused(field: dict[str, Any], problem: str) -> None:
    """A request's cost is bounded before anything is encoded."""
    (found,) = refused(BARE | field)
    assert found.startswith(problem)


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00.25-03:00", datetime(2026, 1, 31, 15, 0, 0, 250_000, tzinfo=UTC)),
        ("2026-01-31t12:00:00z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("1971-01-01T00:00:00+14:00", datetime(1970, 12, 31, 10, tzinfo=UTC)),
        ("9998-12-31T23:59:59.999999-14:00", datetime(9999, 1, 1, 13, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_an_expiry_is_an_instant(written: str, instant: datetime) -> None:
    """Whatever its zone, and as a number of seconds that can be turned back into a date."""
    expires_at = parse_request(BARE | {"expiresAt": written}).expires_at
    assert expires_at == instant
    assert expires_at is not None
    assert datetime.fromtimestamp(expires_at.timestamp(), UTC).year in {instant.year, instant.year + 1}


def test_all_problems_are_told_at_once() -> None:
    """A producer should not have to try again for each."""
    assert [problem.split(":")[0] for problem in refused({"recipients": [], "sender": "", "surprise": 1})] == [
        "recipients",
        "message",
        "sender",
        "[a name of 8 characters]",
    ]


def test_our_own_spelling_of_a_field_is_not_a_fields_name() -> None:
    """One name each: the one that the page for producers shows."""
    assert refused(BARE | {"request_id": "a"}) == ["request_id: is not a field of a request; remove it"]


@pytest.mark.parametrize("value", [None, 1, "a", [], [BARE], True, 1.5], ids=repr)
def test_what_is_no_object_is_refused(value: object) -> None:
    """In words that name no class of ours."""
    assert refused(value) == ["must be a JSON object"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(BARE | {"recipients": NUMBER}, id="the number where a list belongs"),
        pytest.param(BARE | {"recipients": [[NUMBER]], "requestId": NUMBER}, id="the number deeper"),
        pytest.param(BARE | {"message": TEXT}, id="the text where an object belongs"),
        pytest.param(BARE | {"message": {"text": [TEXT]}}, id="the text deeper"),
        pytest.param(BARE | {"sender": TEXT}, id="the text as sender"),
        pytest.param(BARE | {"requestId": TEXT}, id="the text as id"),
        pytest.param(BARE | {"encoding": TEXT, "onUnknown": TEXT, "expiresAt": TEXT}, id="the text as choices"),
        pytest.param(BARE | {TEXT: NUMBER, NUMBER: TEXT}, id="both as names"),
        pytest.param(BARE | {"metadata": {TEXT: NUMBER, NUMBER: TEXT * 30}}, id="both as names of metadata"),
        pytest.param(TEXT, id="the text alone"),
    ],
)
def test_a_refusal_quotes_neither_text_nor_number(value: object) -> None:
    """It goes into logs, and beside the dead letter."""
    told = "; ".join(refused(value))
    assert told
    assert TEXT not in told
    assert NUMBER[1:] not in told


def test_a_repr_of_a_request_shows_neither_text_nor_number() -> None:
    """It may end in a traceback."""
    shown = repr(parse_request(BARE))
    assert TEXT not in shown
    assert NUMBER not in shown


def test_policies_are_those_that_encoding_knows() -> None:
    """The request names them for its schema, the codec for its callers: the same three."""
    assert get_args(Policy.__value__) == get_args(text.Policy)


def hashed(numbers: tuple[str, ...] = (NUMBER,), **changed: object) -> str:
    """Fingerprint the bare request with some fields changed."""
    return content_hash(parse_request(BARE | changed), numbers)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(hashed(message={"text": TEXT + "."}), id="the text"),
        pytest.param(hashed(message={"text": TEXT, "charset": 6}), id="the charset"),
        pytest.param(hashed(message={"text": TEXT, "encoded": True}), id="whether it is in wire form"),
        pytest.param(hashed(sender="TIENDA"), id="the sender"),
        pytest.param(hashed(encoding="plain"), id="the policy"),
        pytest.param(hashed(("+56911112223",)), id="a recipient"),
        pytest.param(hashed((NUMBER, "+56911112223")), id="one recipient more"),
        pytest.param(hashed(()), id="no recipient"),
    ],
)
def test_other_content_has_another_fingerprint(other: str) -> None:
    """What would be sent to whom: under an id that was used before, that is a conflict."""
    assert other != hashed()


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(hashed(requestId="a"), id="the id"),
        pytest.param(hashed(expiresAt="2026-01-31T12:00:00Z"), id="the expiry"),
        pytest.param(hashed(metadata={"a": "b"}), id="the metadata"),
        pytest.param(hashed(messageType="promotional"), id="the message type"),
        pytest.param(hashed(campaign="navidad"), id="the campaign"),
        pytest.param(hashed(sendAt="2026-01-31T12:00:00Z"), id="the time to send it at"),
        pytest.param(hashed(maxSegments=3), id="the most segments"),
        pytest.param(hashed(onUnknown="resend"), id="what to do with an unknown fate"),
        pytest.param(hashed(recipients=["9 1111 2222", NUMBER, "x"]), id="the recipients' spelling"),
    ],
)
def test_what_changes_nothing_on_the_handset_keeps_the_fingerprint(same: str) -> None:
    """A producer who repeats a request an hour later may well give another expiry."""
    assert same == hashed()


def test_the_order_of_recipients_keeps_the_fingerprint() -> None:
    """Each of them gets the same in either order."""
    assert hashed(("+56911112222", "+56911112223")) == hashed(("+56911112223", "+56911112222"))


def test_charset_0_is_as_good_as_none() -> None:
    """It is chosen for the text in both cases."""
    assert hashed(message={"text": TEXT, "charset": 0}) == hashed()


def test_a_fingerprint_is_128_bits_and_stable() -> None:
    """It is compared with what an earlier version stored, so that a change here is a change of the table."""
    assert hashed() == content_hash(SendRequest.model_validate(BARE), (NUMBER,))
    assert content_hash(parse_request(SAMPLE), ("+56900000000",)) == "2:a241579785d96293a6934c9aa553e31e"


@pytest.mark.parametrize(
    "written",
    [
        SAMPLE,
        {name: value for name, value in SAMPLE.items() if name != "sender"},
        SAMPLE | {"message": {"text": SAMPLE["message"]["text"]}},
    ],
    ids=["as it was", "without the default sender", "without charset 0"],
)
def test_what_was_stored_before_fingerprints_had_a_version_is_the_same_request(written: dict[str, Any]) -> None:
    """An upgrade makes no conflict of what is in the queue."""
    content = Content(parse_request(written), ("+56900000000",), "96000")
    assert content.has_hash("49c2fa224daf6f5dd896bf26e9e36d14")
    assert not Content(parse_request(written), ("+56900000001",), "96000").has_hash("49c2fa224daf6f5dd896bf26e9e36d14")


@pytest.mark.parametrize(
    ("sender", "stored", "default", "same"),
    [
        pytest.param("96000", None, "96000", True, id="the default, named"),
        pytest.param(None, "96000", "96000", True, id="the default, left out"),
        pytest.param("96000", "96000", "TIENDA", True, id="named, and no longer the default"),
        pytest.param(None, None, "TIENDA", True, id="left out, under another default"),
        pytest.param("96000", None, "TIENDA", False, id="another one named"),
        pytest.param(None, "96000", "TIENDA", False, id="another one left out"),
        pytest.param("96000", "TIENDA", "96000", False, id="another one"),
        pytest.param("96000", None, "", False, id="there is no default"),
    ],
)
def test_the_default_sender_may_be_named_or_left_out(
    sender: str | None,
    stored: str | None,
    default: str,
    same: bool,  # noqa: FBT001
) -> None:
    """And another default makes no conflict of what waits."""
    content = Content(parse_request(BARE | {"sender": sender}), (NUMBER,), default)
    assert content.has_hash(hashed(sender=stored)) is same


def test_the_schema_names_each_field_as_producers_write_it() -> None:
    """And forbids others, as parsing does."""
    schema = json_schema()
    assert set(schema["properties"]) == set(parse_request(BARE).model_dump(by_alias=True))
    assert schema["required"] == ["recipients", "message"]
    assert schema["additionalProperties"] is schema["$defs"]["Message"]["additionalProperties"] is False
