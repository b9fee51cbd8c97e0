"""The calls to RealTime, as its pages show them."""

import json
from urllib.parse import parse_qs

import pytest

from realtime_sms.provider.calls import Call, NotSent, Reply, ReplyLost, authenticate, balance, send_sms, sms_info

TOKEN = "canary-token"
TEXT = "canary text"
NUMBER = "+56911112222"
AUTHORIZED = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}


def test_a_call_is_the_vendors_example() -> None:
    """The page's sample, value for value, with both mandatory headers."""
    call = send_sms(TOKEN, ["+56900000000"], "96000", 0, "libizon adikestr 85f0f569cb 1287c690e0")
    assert (call.method, call.path, call.headers) == ("POST", "/api/sms", AUTHORIZED)
    sample = """{
        "recipients": ["+56900000000"],
        "message": {"charset": 0, "text": "libizon adikestr 85f0f569cb 1287c690e0"},
        "sender": "96000"
    }"""
    assert json.loads(call.body or b"") == json.loads(sample)


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        pytest.param(0, "¿Año nuevo? 5 €", id="GSM beyond ASCII"),
        pytest.param(0, 'a "quoted" \\ line\nand\rmore', id="what JSON escapes"),
        pytest.param(1, "plain", id="ASCII"),
        pytest.param(6, "010101090121", id="the vendor's hexadecimal"),
        pytest.param(8, "%7F%7E", id="the vendor's percent-encoding"),
    ],
)
def test_a_text_arrives_as_it_was_encoded(charset: int, text: str) -> None:
    """JSON adds its own escapes and no others; the body is ASCII, whatever somebody on the way takes it for."""
    body = send_sms(TOKEN, [NUMBER, "+56911112223"], "96000", charset, text).body or b""
    assert body.isascii()
    assert json.loads(body) == {
        "recipients": [NUMBER, "+56911112223"],
        "sender": "96000",
        "message": {"charset": charset, "text": text},
    }


def test_authenticating_sends_a_form_and_no_token() -> None:
    """Client credentials, as a form, with what a form must escape."""
    call = authenticate("client", "s&cr=t ñ+%")
    assert (call.method, call.path) == ("POST", "/api/auth")
    assert call.headers == {"Content-Type": "application/x-www-form-urlencoded"}
    assert parse_qs((call.body or b"").decode("ascii"), strict_parsing=True) == {
        "grant_type": ["client_credentials"],
        "client_id": ["client"],
        "client_secret": ["s&cr=t ñ+%"],
    }


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param(balance(TOKEN), "/api/balance", id="balance"),
        pytest.param(sms_info(TOKEN, "4193366853543393"), "/api/sms/4193366853543393", id="SMS info"),
        pytest.param(sms_info(TOKEN, "../balance?a#b c"), "/api/sms/..%2Fbalance%3Fa%23b%20c", id="a hostile id"),
    ],
)
def test_a_question_has_no_body(call: Call, path: str) -> None:
    """The id of a submission came from outside: it stays one step of the path."""
    assert (call.method, call.path, call.body, call.headers) == ("GET", path, None, AUTHORIZED)


@pytest.mark.parametrize(
    "value",
    [
        send_sms(TOKEN, [NUMBER], "96000", 0, TEXT),
        authenticate("client", TOKEN),
        balance(TOKEN),
        Reply(200, json.dumps({"access_token": TOKEN, "phone": NUMBER, "text": TEXT}).encode()),
    ],
    ids=["send", "authenticate", "balance", "reply"],
)
def test_a_repr_leaks_nothing(value: Call | Reply) -> None:
    """It may end in a traceback."""
    for canary in (TOKEN, TEXT, NUMBER):
        assert canary not in repr(value)


def test_a_call_that_brought_nothing_says_why() -> None:
    """Its cause is all that a log needs."""
    assert (repr(NotSent("dns")), repr(ReplyLost("reset"))) == ("NotSent(cause='dns')", "ReplyLost(cause='reset')")
