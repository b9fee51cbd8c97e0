"""From an identified request to its messages."""

from dataclasses import replace
from typing import Any

import pytest

from realtime_sms.encoding.charset import decode
from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.model import parse_request
from realtime_sms.requests.prepare import Defaults, Message, PreparedRequest, Refusal, prepare
from realtime_sms.vocabulary import Reason

CHILE, CHILE_2, SPAIN, ARGENTINA = "+56911112222", "+56911113333", "+34612345678", "+5491123456789"
ACCENTS = "Mañana será así"
DEFAULTS = Defaults(sender="96000", allowed_prefixes=("+",))


def prepared(
    text: str = ACCENTS,
    *,
    to: tuple[object, ...] = (CHILE,),
    by: Defaults = DEFAULTS,
    **more: Any,  # noqa: ANN401 (a body's fields)
) -> PreparedRequest:
    """Prepare a request; `charset` and `encoded` go into its message."""
    message = {"text": text} | {name: more.pop(name) for name in ("charset", "encoded") if name in more}
    return prepare(IdentifiedRequest("r-1", parse_request({"recipients": list(to), "message": message} | more)), by)


def message_of(text: str = ACCENTS, **more: Any) -> Message:  # noqa: ANN401 (a body's fields)
    """Prepare a request to one recipient and return its message."""
    (message,) = prepared(text, **more).messages
    return message


def shown(message: Message) -> tuple[int, str] | None:
    """Return the charset and what the handset shows, None where it is refused."""
    return message.encoded and (message.encoded.charset, decode(message.encoded.text, message.encoded.charset))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, (0, "Mañana sera asi"), id="Chile: plain"),
        pytest.param({"to": ("9 1111 2222",)}, (0, "Mañana sera asi"), id="a national number: plain too"),
        pytest.param({"to": (SPAIN,)}, (6, ACCENTS), id="abroad: as written"),
        pytest.param({"charset": 0}, (0, "Mañana sera asi"), id="charset 0 is no choice"),
        pytest.param({"charset": 6}, (6, ACCENTS), id="charset 6: as asked"),
        pytest.param({"encoding": "auto"}, (6, ACCENTS), id="auto: as asked"),
        pytest.param({"encoding": "plain", "to": (SPAIN,)}, (0, "Mañana sera asi"), id="plain: as asked, abroad"),
        pytest.param({"encoding": "plain", "charset": 6}, (6, "Mañana sera asi"), id="plain in charset 6: both"),
        pytest.param({"encoding": "exact"}, None, id="exact: refused"),
        pytest.param({"charset": 1}, None, id="charset 1 cannot carry it"),
        pytest.param({"charset": 8}, None, id="charset 8 cannot carry it"),
        pytest.param({"text": "año é", "charset": 8}, (8, "año é"), id="charset 8: as asked"),
        pytest.param({"text": "hola 😀"}, (6, "hola 😀"), id="Chile, an emoji: Unicode"),
        pytest.param({"by": Defaults(sender="1", plain_prefixes=())}, (6, ACCENTS), id="no prefix is plain"),
        pytest.param(
            {"by": replace(DEFAULTS, plain_prefixes=("+34", "+549")), "to": (ARGENTINA,)},
            (0, "Mañana sera asi"),
            id="a prefix of the deployment's own",
        ),
    ],
)
def test_a_recipients_country_and_the_request_choose_the_encoding(
    more: dict[str, Any], expected: tuple[int, str] | None
) -> None:
    """The deployment's prefixes transliterate by default; what a producer asked for is not meddled with."""
    assert shown(message_of(**more)) == expected


@pytest.mark.parametrize(
    ("wire_text", "charset", "expected"),
    [
        pytest.param("010101090121", 6, (6, "āĉġ"), id="hexadecimal"),
        pytest.param("00E1", 6, (6, "á"), id="with what a country's policy would fold"),
        pytest.param("%7F%7E", 8, (8, "àü"), id="percent-encoded"),
        pytest.param("_", 8, (8, "§"), id="a literal underscore, as it would arrive"),
        pytest.param("hola", 1, (1, "hola"), id="ASCII"),
        pytest.param("año", 0, (0, "año"), id="GSM"),
        pytest.param("año", None, (0, "año"), id="no charset"),
    ],
)
def test_a_wire_form_is_verified_and_sent_with_the_same_meaning(
    wire_text: str, charset: int | None, expected: tuple[int, str]
) -> None:
    """It is decoded and written again, so that what is counted is what goes out; no policy touches it."""
    for encoding in (None, "plain", "exact"):
        message = message_of(wire_text, charset=charset, encoded=True, encoding=encoding)
        assert shown(message) == expected


@pytest.mark.parametrize(
    ("more", "reason", "detail"),
    [
        pytest.param({"by": Defaults()}, Reason.NO_SENDER, "sender: is missing", id="no sender"),
        pytest.param({"encoding": "exact"}, Reason.UNENCODABLE, "message.text: ", id="exact"),
        pytest.param({"charset": 1}, Reason.UNENCODABLE, "message.text: ", id="charset 1"),
        pytest.param({"text": "\x1b"}, Reason.UNENCODABLE, "message.text: ", id="an escape"),
        pytest.param({"text": "a\x00"}, Reason.UNENCODABLE, "message.text: an SMS cannot carry U+0000", id="a control"),
        pytest.param(
            {"text": "\u0431" + "\u0301" * 38_000}, Reason.UNENCODABLE, "message.text: more than 30", id="marks"
        ),
        pytest.param(
            {"text": "fffe6800", "charset": 6, "encoded": True},
            Reason.UNENCODABLE,
            "message.text: begins with a byte order mark of the other order",
            id="other byte order",
        ),
        pytest.param({"text": "01", "charset": 6, "encoded": True}, Reason.UNENCODABLE, "message.text: ", id="cut hex"),
        pytest.param({"text": "%", "charset": 8, "encoded": True}, Reason.UNENCODABLE, "message.text: ", id="bare %"),
        pytest.param({"text": "á", "encoded": True}, Reason.UNENCODABLE, "message.text: ", id="no GSM under charset 0"),
        pytest.param(
            {"text": "a" * 161, "maxSegments": 1},
            Reason.TOO_MANY_SEGMENTS,
            "message.text: needs 2 segments; 1 allowed",
            id="more segments than asked",
        ),
        pytest.param(
            {"text": "€" * (153 * 128)},
            Reason.TOO_MANY_SEGMENTS,
            "message.text: needs 258 segments; 255 allowed",
            id="more segments than the network counts",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_reason(more: dict[str, Any], reason: Reason, detail: str) -> None:
    """Before any call, and by the field that is to be mended."""
    message = message_of(**more)
    assert message.encoded is None
    assert message.refusal is not None
    assert message.refusal.reason is reason
    assert str(message.refusal.problem).startswith(detail)


@pytest.mark.parametrize(("text", "segments"), [("a" * 160, 1), ("a" * 306, 2), ("a" * 39_015, 255)])
def test_as_many_segments_as_allowed_are_sent(text: str, segments: int) -> None:
    """The bound is the last that is allowed."""
    message = message_of(text, maxSegments=segments)
    assert message.encoded is not None
    assert message.encoded.segments == segments


def test_a_segment_bound_is_held_by_each_encoding() -> None:
    """The same request fits transliterated and does not fit in Unicode: one recipient is sent to, the other refused."""
    messages = {
        one: message
        for message in prepared("á" * 71, to=(CHILE, SPAIN), maxSegments=1).messages
        for one in message.recipients
    }
    assert messages[CHILE].refusal is None
    assert messages[SPAIN].refusal == Refusal(
        Reason.TOO_MANY_SEGMENTS, Problem("message.text", "needs 2 segments; 1 allowed")
    )


def test_recipients_of_one_policy_share_one_encoding() -> None:
    """A text is encoded once for each policy, however many it goes to; the order of the request is kept."""
    one = prepared(to=(SPAIN, CHILE, ARGENTINA, CHILE_2, CHILE))
    assert {message.policy: message.recipients for message in one.messages} == {
        "auto": (SPAIN, ARGENTINA),
        "plain": (CHILE, CHILE_2),
    }
    assert len({id(message.encoded) for message in one.messages}) == 2


@pytest.mark.parametrize("more", [{"charset": 6}, {"encoded": True}, {"charset": 6, "encoded": True}], ids=str)
def test_what_came_with_a_form_of_its_own_is_of_one_group(more: dict[str, Any]) -> None:
    """No country's policy applies to it, so that everybody gets the same."""
    (message,) = prepared("00E1", to=(CHILE, SPAIN), **more).messages
    assert (message.policy, message.recipients) == ("auto", (CHILE, SPAIN))


def test_each_distinct_recipient_is_in_one_message() -> None:
    """The refused ones too, by their place: nobody is left out and nobody is named twice."""
    messages = prepared(to=("x", SPAIN, CHILE, "911112222", "12", CHILE)).messages
    recipients = [one for message in messages for one in message.recipients]
    assert recipients == [SPAIN, CHILE, "recipients[0]", "recipients[4]"]
    assert [message.refusal.reason for message in messages if message.refusal] == [Reason.INVALID_RECIPIENT] * 2
    assert messages[2].refusal is not None
    assert str(messages[2].refusal.problem).startswith("recipients[0]: has a letter at 0")


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        pytest.param("", "is empty", id="empty"),
        pytest.param(None, "is null; write the number as a string", id="null"),
        pytest.param(56911112222, "is a number; write the number as a string", id="a JSON number"),
        pytest.param([CHILE], "is an array; write the number as a string", id="an array"),
        pytest.param({"to": CHILE}, "is an object; write the number as a string", id="an object"),
        pytest.param("9" * 65, "has 65 characters; 64 allowed", id="65 characters"),
    ],
)
def test_a_bad_entry_fails_alone(entry: object, why: str) -> None:
    """The good recipients of the request are sent to, whatever JSON value stands beside them."""
    sent, refused = prepared(to=(CHILE, entry)).messages
    assert (sent.recipients, sent.refusal) == ((CHILE,), None)
    assert refused.recipients == ("recipients[1]",)
    assert refused.refusal == Refusal(Reason.INVALID_RECIPIENT, Problem("recipients[1]", why))


@pytest.mark.parametrize(
    ("allowed", "sent"),
    [
        pytest.param(("+56",), [CHILE], id="by default: Chile"),
        pytest.param(("+56", "+34"), [SPAIN, CHILE], id="two countries"),
        pytest.param(("+549",), [ARGENTINA], id="a part of a country"),
        pytest.param(("+",), [SPAIN, ARGENTINA, CHILE], id="everywhere"),
    ],
)
def test_only_allowed_prefixes_are_sent_to(allowed: tuple[str, ...], sent: list[str]) -> None:
    """A number outside fails by itself, under its number; it is named by the place where it stands first."""
    written = ("x", SPAIN, "9 1111 2222", SPAIN, ARGENTINA, CHILE)
    messages = prepared(to=written, by=replace(DEFAULTS, allowed_prefixes=allowed)).messages
    assert [one for message in messages if message.refusal is None for one in message.recipients] == sent
    refused = {message.recipients: message.refusal for message in messages if message.refusal}
    assert refused.pop(("recipients[0]",)).reason is Reason.INVALID_RECIPIENT
    places = {SPAIN: "recipients[1]", CHILE: "recipients[2]", ARGENTINA: "recipients[4]"}
    why = f"is outside of AllowedPrefixes ({', '.join(allowed)}), a parameter of the deployment"
    expected = {
        (one,): Refusal(Reason.DESTINATION_NOT_ALLOWED, Problem(places[one], why)) for one in {*places} - {*sent}
    }
    assert refused == expected


def test_a_message_carries_what_the_request_asks_for() -> None:
    """Each wish has its place, and the deployment fills in the sender only where there is none."""
    more: dict[str, Any] = {"expiresAt": "2027-01-15T08:00:00Z", "onUnknown": "resend", "metadata": {"order": "1"}}
    message = message_of(sender="TIENDA", **more)
    assert (message.request_id, message.recipients, message.sender) == ("r-1", (CHILE,), "TIENDA")
    assert (message.expires_at, message.resend, message.metadata) == (1_800_000_000.0, True, {"order": "1"})
    plain = message_of()
    assert (plain.sender, plain.expires_at, plain.resend, plain.metadata) == ("96000", None, False, {})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(prepared(), prepared(to=("9 1111 2222", CHILE)), True, id="a number's spelling"),
        pytest.param(prepared(), prepared(by=Defaults(sender="TIENDA")), True, id="the deployment's default sender"),
        pytest.param(prepared(), prepared(by=Defaults(plain_prefixes=())), True, id="the deployment's prefixes"),
        pytest.param(
            prepared(to=(CHILE, SPAIN)), prepared(to=(CHILE, SPAIN), by=Defaults()), True, id="the allowed prefixes"
        ),
        pytest.param(prepared(), prepared(to=("09 1111 2222",)), True, id="a trunk zero that Chile dropped"),
        pytest.param(prepared(to=(CHILE, SPAIN)), prepared(to=(SPAIN, CHILE)), True, id="the order"),
        pytest.param(prepared(), prepared(to=(CHILE, "x")), True, id="an entry that is no number"),
        pytest.param(prepared(), prepared("Mañana sera asi"), False, id="the text as written"),
        pytest.param(prepared(), prepared(sender="96000"), False, id="the sender as written"),
        pytest.param(prepared(), prepared(to=(CHILE, SPAIN)), False, id="a recipient more"),
        pytest.param(prepared(), prepared(encoding="plain"), False, id="the policy as written"),
    ],
)
def test_a_request_is_the_same_by_what_its_producer_wrote(
    one: PreparedRequest, other: PreparedRequest, *, same: bool
) -> None:
    """A deployment that changes its defaults makes no conflict of a redelivery."""
    assert (one.content_hash == other.content_hash) is same
    assert {message.content_hash for message in one.messages} == {one.content_hash}


def test_reprs_show_neither_text_nor_number() -> None:
    """They may end in a log."""
    one = prepared("canary text ñ", to=(CHILE, "x"))
    shown_by_repr = repr((one, one.messages, one.request))
    assert CHILE not in shown_by_repr
    assert "canary" not in shown_by_repr


@pytest.mark.parametrize("other", [prepared(sender="96000"), prepared(charset=0)], ids=["sender", "charset"])
def test_what_a_default_would_fill_in_may_be_written_out(other: PreparedRequest) -> None:
    """For the whole request and for each of its messages, in both directions."""
    one = prepared()
    assert one.is_same_content(other.content_hash)
    assert all(message.is_same_content(one.content_hash) for message in other.messages)
    assert not one.is_same_content(prepared("Mañana sera asi").content_hash)
