import pytest

from local.fake_realtime import Simulator
from tests.local.fake_realtime.caller import ORDINARY, Caller

MESSAGES = [
    pytest.param((0, "hello", "hello", 1), id="0 plain"),
    pytest.param((0, "a\u00f1o", "a\u00f1o", 1), id="0 with GSM letters"),
    pytest.param((0, "caf\u00e1 \u20ac", "caf? \u20ac", 1), id="0 mangles what GSM lacks"),
    pytest.param((0, "ok \U0001f600!", "ok ?!", 1), id="0 mangles an emoji"),
    pytest.param((1, "hello", "hello", 1), id="1 plain"),
    pytest.param((6, "010101090121", "\u0101\u0109\u0121", 1), id="6 vendor's example"),
    pytest.param((6, "D83DDE00", "\U0001f600", 1), id="6 surrogate pair"),
    pytest.param((6, "0061" * 71, "a" * 71, 2), id="6 bills as UCS-2"),
    pytest.param((6, "0061" * 66 + "D83DDE00" * 34, "a" * 66 + "\U0001f600" * 34, 3), id="6 cuts no surrogate pair"),
    pytest.param((8, "%7F%7E", "\u00e0\u00fc", 1), id="8 vendor's example"),
    pytest.param((8, "%00%02%11", "@$_", 1), id="8 codes that are not ASCII's"),
    pytest.param((8, "%1B%65", "\u20ac", 1), id="8 escape pair"),
    pytest.param((0, "a" * 161, "a" * 161, 2), id="0 in two segments"),
    pytest.param(
        (0, "a" * 152 + "\u20ac" + "a" * 152, "a" * 152 + "\u20ac" + "a" * 152, 3), id="0 cuts no escape pair"
    ),
]


@pytest.mark.parametrize("case", MESSAGES)
def test_a_phone_shows_what_was_on_the_wire(
    simulator: Simulator, caller: Caller, case: tuple[int, str, str, int]
) -> None:
    """The inbox decodes the wire text by its charset, as the network would, and shows damage as damage."""
    charset, wire_text, shown, segments = case
    caller.send(text=wire_text, charset=charset)
    (message,) = simulator.inbox(ORDINARY)
    assert (message.text, message.submission.wire_text) == (shown, wire_text)
    assert message.submission.segments == segments


@pytest.mark.parametrize(
    ("charset", "wire_text"),
    [
        pytest.param(6, "hello", id="6 not hexadecimal"),
        pytest.param(6, "010", id="6 half a unit"),
        pytest.param(6, "D83D", id="6 half a pair"),
        pytest.param(8, "%C3%B1", id="8 as UTF-8"),
        pytest.param(8, "%7", id="8 cut"),
        pytest.param(8, "%1B", id="8 escape alone"),
    ],
)
def test_a_wrong_wire_form_is_malformed(simulator: Simulator, caller: Caller, charset: int, wire_text: str) -> None:
    """Charsets 6 and 8 have a form, and what has not got it is 400."""
    assert caller.send(text=wire_text, charset=charset).status == 400
    assert simulator.inbox() == ()


def test_no_text_number_or_token_shows_in_a_repr(simulator: Simulator, caller: Caller) -> None:
    """A failing test or a traceback must not print what the house never prints."""
    caller.send(text="canary-text")
    told = repr((simulator.inbox(), simulator.counters, simulator.settings))
    assert not [canary for canary in ("canary-text", ORDINARY, "local-token", "local-secret") if canary in told]
