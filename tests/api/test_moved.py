"""POST /api/sms: a client of RealTime's own API at this address, with RealTime's own body."""

from typing import Any

import pytest

from tests.api.fakes import HELLO, FakeApi, submission

PATH = "/api/sms"
WIRE_FORMS = [
    pytest.param(6, "010101090121", "āĉġ", id="hexadecimal"),
    pytest.param(8, "%7F%7E%20%00", "àü @", id="percent-encoded"),
]


def _body(charset: int, text: str, **more: object) -> dict[str, Any]:
    return {**HELLO, "message": {"charset": charset, "text": text, **more}}


def _shown(api: FakeApi) -> str:
    """Preview what was queued last; the preview reads it as the sender does."""
    shown = api.post(api.messages()[-1], path="/messages/preview")
    return str(shown.body["groups"][0]["text"])


def test_the_vendors_own_sample_body_is_taken_as_it_is(api: FakeApi) -> None:
    """And put on the queue as it came, with its id."""
    reply = api.post(HELLO, path=PATH)
    assert reply.status == 202
    assert api.messages() == [HELLO | {"requestId": reply.body["requestId"]}]


@pytest.mark.parametrize(("charset", "wire", "text"), WIRE_FORMS)
def test_a_text_in_wire_form_is_shown_as_what_it_stands_for(api: FakeApi, charset: int, wire: str, text: str) -> None:
    """As RealTime reads it; never as the digits themselves."""
    assert api.post(_body(charset, wire), path=PATH).status == 202
    assert _shown(api) == text


@pytest.mark.parametrize(("charset", "wire", "text"), WIRE_FORMS)
def test_elsewhere_the_same_body_is_what_is_to_be_read(api: FakeApi, charset: int, wire: str, text: str) -> None:
    """So it does not change what a text means for those who send it to /messages."""
    assert api.post(_body(charset, wire)).status == 202
    assert _shown(api) == wire != text


@pytest.mark.parametrize("charset", [6, 8])
def test_a_message_that_says_how_it_is_written_is_believed(api: FakeApi, charset: int) -> None:
    """Our own member counts more than the path."""
    assert api.post(_body(charset, "hello", encoded=False), path=PATH).status == 202
    assert _shown(api) == "hello"


@pytest.mark.parametrize(("charset", "text"), [(6, "hello"), (6, "010"), (8, "%7"), (8, "á")])
def test_what_is_no_wire_form_is_refused(api: FakeApi, charset: int, text: str) -> None:
    """It would have reached a phone as something else."""
    reply = api.post(_body(charset, text), path=PATH)
    assert (reply.status, reply.body["errors"][0]["pointer"]) == (422, "/message/text")
    assert not api.producer.bodies


@pytest.mark.parametrize("message", [None, [], "hello", {"charset": [6], "text": "a"}, {"charset": 6.5}])
def test_a_message_of_another_shape_is_refused(api: FakeApi, message: object) -> None:
    """As it is at /messages."""
    assert api.post({**HELLO, "message": message}, path=PATH).status == 422


def test_the_same_key_is_one_send(api: FakeApi) -> None:
    """The header is taken here too."""
    first = api.post(HELLO, key="k", path=PATH)
    api.requests.hold(submission("k", "+56900000000", api.requests.entries["k"].content_hash))
    assert [first.status, api.post(HELLO, key="k", path=PATH).status] == [202, 202]
    assert len(api.producer.bodies) == 1
