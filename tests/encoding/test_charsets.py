"""The wire forms, against the vendor's page and against themselves."""

import re
import traceback
import unicodedata
from typing import get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from realtime_sms import Unencodable, decode, encode
from realtime_sms.encoding.gsm7 import OCTETS, DecodeError
from realtime_sms.encoding.text import Policy
from tests.encoding.strategies import ascii_texts, composed_texts, gsm_texts, texts


@pytest.mark.parametrize(
    ("text", "charset", "sent_as", "wire_text"),
    [
        ("libizon adikestr 85f0f569cb 1287c690e0", 0, 0, "libizon adikestr 85f0f569cb 1287c690e0"),
        ("āĉġ", 6, 6, "010101090121"),
        ("āĉġ", None, 6, "010101090121"),
        ("àü", 8, 8, "%7F%7E"),
    ],
)
def test_the_vendors_examples_hold_to_the_byte(text: str, charset: int | None, sent_as: int, wire_text: str) -> None:
    """What the *Send SMS* page prints is what goes out, and is read back."""
    encoded = encode(text, charset)
    assert (encoded.charset, encoded.text) == (sent_as, wire_text)
    assert decode(wire_text, sent_as) == text


@pytest.mark.parametrize(
    ("text", "wire_text"),
    [
        ("@$_", "%00%02%11"),
        ("€", "%1B%65"),
        ("100%", "100%25"),
        ("a+b c", "a%2Bb%20c"),
        ("[ñ]", "%1B%3C%7D%1B%3E"),
        ("A-z.0", "A-z.0"),
        ("\n\r\f", "%0A%0D%1B%0A"),
        ("Ç§¡", "%09%5F%40"),
    ],
)
def test_charset_8_writes_gsm_codes(text: str, wire_text: str) -> None:
    """Only letters, digits, hyphen and full stop go as themselves; an extension character is an escape pair."""
    assert encode(text, 8).text == wire_text


def test_charset_8_leaves_literal_only_what_has_its_ascii_code() -> None:
    """A character that went as itself at another code would arrive as a different one."""
    literal = {character for character in OCTETS if encode(character, 8).text == character}
    assert all(OCTETS[character] == character.encode("ascii") for character in literal)
    assert "%" not in literal


@pytest.mark.parametrize(
    ("wire_text", "text"),
    [("_", "§"), ("@", "¡"), ("$", "¤"), ("%7f%7E", "àü"), ("a b+c", "a b+c"), ("%1b%65", "€"), ("", "")],
)
def test_charset_8_reads_a_literal_character_as_a_gsm_code(wire_text: str, text: str) -> None:
    """What others wrote is shown as a phone would show it."""
    assert decode(wire_text, 8) == text


@given(gsm_texts)
@pytest.mark.parametrize("charset", [None, 0, 8])
def test_gsm_texts_come_back_from_every_gsm_charset(charset: int | None, text: str) -> None:
    """Nothing is lost in charset 0 or 8, and both are seven-bit."""
    encoded = encode(text, charset)
    assert (decode(encoded.text, encoded.charset), encoded.alphabet) == (text, "gsm7")


@given(ascii_texts)
def test_ascii_texts_come_back_from_charset_1(text: str) -> None:
    """What ASCII and GSM 03.38 both have goes as itself."""
    encoded = encode(text, 1)
    assert (encoded.charset, encoded.text, decode(encoded.text, 1)) == (1, text, text)


@given(st.one_of(composed_texts, gsm_texts))
def test_any_text_comes_back_from_charset_6(text: str) -> None:
    """All of Unicode but surrogates, and controls goes, in small or capital digits."""
    encoded = encode(text, 6)
    assert (encoded.charset, encoded.alphabet, encoded.text) == (6, "ucs2", text.encode("utf-16-be").hex())
    assert decode(encoded.text, 6) == decode(encoded.text.upper(), 6) == text


@given(composed_texts)
def test_no_charset_means_0_or_6_and_every_text_goes(text: str) -> None:
    """0 when all is GSM, else 6, with the reasons and their places."""
    encoded = encode(text)
    reasons = tuple((index, character) for index, character in enumerate(text) if character not in OCTETS)
    assert encoded.charset == (6 if reasons else 0)
    assert encoded.forced_by == reasons
    assert encoded == encode(text, 0)
    assert decode(encoded.text, encoded.charset) == text


@given(st.text(st.characters(max_codepoint=0x2FF), max_size=40), st.sampled_from([0, 1, 6, 8]))
def test_what_can_be_read_can_be_written(wire_text: str, charset: int) -> None:
    """Decoding is as strict as encoding: it never gives a text that encoding would refuse."""
    try:
        text = decode(wire_text, charset)
    except DecodeError:
        return
    assert decode(encode(text, charset).text, charset) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("wire_text", "charset", "position"),
    [
        ("á", 0, 0),
        ("ab\x1b", 0, 2),
        ("ab@é", 1, 3),
        ("a`", 1, 1),
        ("00e", 6, 0),
        ("00e100", 6, 4),
        ("00 e100e", 6, 2),
        ("00g1", 6, 2),
        ("00e\u0661", 6, 3),
        ("00e1d83d", 6, 4),
        ("00e1de00d83d", 6, 4),
        ("d83d0041", 6, 0),
        ("d83dde00001b", 6, 8),
        ("fffe6800", 6, 0),
        ("FFFE", 6, 0),
        ("00680000", 6, 4),
        ("d83dde000009007f", 6, 12),
        ("0061" + "0301" * 31, 6, 4),
        ("a%", 8, 1),
        ("a%4", 8, 1),
        ("a%zz", 8, 1),
        ("%7Fé", 8, 3),
        ("%41%80", 8, 3),
        ("a%1B", 8, 1),
        ("%41%1BA", 8, 3),
        ("%1B%1B%65", 8, 0),
    ],
)
def test_a_broken_wire_form_is_refused_at_its_place(wire_text: str, charset: int, position: int) -> None:
    """Never a guess, never a replacement character."""
    with pytest.raises(DecodeError, match=f"at {position}$") as refused:
        decode(wire_text, charset)
    assert refused.value.position == position


@pytest.mark.parametrize(
    ("text", "charset", "message"),
    [
        ("hola 😀", 8, "charset 8 cannot carry U+1F600 at 5"),
        ("áé€í", 8, "charset 8 cannot carry U+00E1 at 0, U+00ED at 3"),
        ("ab\té`", 1, "charset 1 cannot carry U+0009 at 2, U+00E9 at 3, U+0060 at 4"),
        ("a\x1b", None, "an SMS cannot carry U+001B at 1"),
        ("\x1bá", 6, "an SMS cannot carry U+001B at 0"),
        ("Señor\x00\x07", None, "an SMS cannot carry U+0000 at 5, U+0007 at 6"),
        ("an\u0303o\x7f", 6, "an SMS cannot carry U+007F at 4"),
        ("It\x92s", 0, "an SMS cannot carry U+0092 at 2"),
        ("\ufffeh", None, "an SMS cannot carry U+FFFE at 0"),
        ("an\u0303o a\u0301", 8, "charset 8 cannot carry U+00E1 at 5"),
        ("á\x1b", 8, "an SMS cannot carry U+001B at 1"),
    ],
)
def test_what_a_charset_cannot_carry_is_named_with_its_place(text: str, charset: int | None, message: str) -> None:
    """Every offender is named; nothing becomes a question mark."""
    with pytest.raises(Unencodable, match=f"^{re.escape(message)}$"):
        encode(text, charset)


def test_a_refusal_keeps_all_offenders_but_tells_only_ten() -> None:
    """A log must not get to hold a message spelt in code points."""
    with pytest.raises(Unencodable, match=r"U\+03B1 at 9 and 90 more$") as refused:
        encode("\u03b1" * 100, 8)
    assert len(refused.value.offenders) == 100


@pytest.mark.parametrize("wire_text", ["secreto%zz", "secreto%1B", "secretoé"])
def test_no_error_holds_the_text(wire_text: str) -> None:
    """Neither an error nor its traceback quotes what was to be read."""
    with pytest.raises(DecodeError) as refused:
        decode(wire_text, 8)
    assert "secreto" not in "".join(traceback.format_exception_only(refused.value))
    assert "secreto" not in repr(refused.value)


@pytest.mark.parametrize("text", ["secreto \ud83d", "secreto \x1b", "secreto 😀"])
def test_no_refusal_holds_the_text(text: str) -> None:
    """Nor does the error that it came from, as a codec's own would."""
    with pytest.raises(ValueError, match=r"U\+") as refused:
        encode(text, 8)
    assert "secreto" not in repr(refused.value) + str(refused.value)
    assert refused.value.__context__ is None


def test_the_repr_tells_sizes_only() -> None:
    """What is logged by mistake tells nothing of the message."""
    assert repr(encode("secreto á")) == "EncodedText(charset=6, alphabet='ucs2', units=9, segments=1)"


def test_a_wire_form_of_the_other_byte_order_is_refused_by_name() -> None:
    """Read as it stands it would be Chinese; one in our order is no error: a phone shows nothing for U+FEFF."""
    with pytest.raises(DecodeError, match=r"^begins with a byte order mark of the other order"):
        decode("fffe68006f006c006100", 6)
    assert decode("feff0068", 6) == "\ufeffh"
    assert encode("\ufeffh", 6).text == "feff0068"
    assert decode("0068fffe", 6) == "h\ufffe"  # no byte order mark there


_BREAKS = "\t\n\v\f\r\x85"
_CONTROLS = [character for character in map(chr, range(0x110000)) if unicodedata.category(character) == "Cc"]


@pytest.mark.parametrize("policy", get_args(Policy))
@pytest.mark.parametrize("charset", [None, 6])
def test_every_control_but_tab_and_line_breaks_is_refused(charset: int | None, policy: Policy) -> None:
    """Wherever it stands; a tab is white space, and the form feed GSM's page break."""
    allowed = _BREAKS if policy != "exact" else "\n\f\r"
    for control in _CONTROLS:
        if control in allowed:
            assert encode(f"a{control}b", charset, policy=policy).segments == 1
        else:
            with pytest.raises(Unencodable, match=f"U\\+{ord(control):04X} at 1$"):
                encode(f"a{control}b", charset, policy=policy)


@pytest.mark.parametrize("charset", [2, 7, -1, 16, "8"])
def test_an_unknown_charset_is_refused(charset: int) -> None:
    """Both ways, by the number that was given."""
    for function in (encode, decode):
        with pytest.raises(ValueError, match="none of RealTime's: 0, 1, 6 or 8"):
            function("a", charset)


@given(texts, st.integers(0, 200))
def test_a_lone_surrogate_is_refused_by_every_charset(text: str, position: int) -> None:
    """Wherever it stands and whatever is asked."""
    assume(position <= len(text))
    for charset in (None, 0, 1, 6, 8):
        with pytest.raises(ValueError, match=re.escape(f"U+DC00 at {position} is half of a surrogate pair")):
            encode(text[:position] + "\udc00" + text[position:], charset)
