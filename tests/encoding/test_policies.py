"""What may become of a text outside GSM 03.38: auto, plain, exact."""

import re
import unicodedata
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms import EncodedText, Unencodable, decode, encode
from realtime_sms.encoding.gsm7 import OCTETS
from realtime_sms.encoding.text import Policy
from tests.encoding.strategies import gsm_texts, spanish_texts, texts


def shown(encoded: EncodedText) -> str:
    """Say what the phone shows."""
    return decode(encoded.text, encoded.charset)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("El año que viene, ¿sí?", "El año que viene, ¿si?"),
        ("an\u0303o, AN\u0303O", "año, AÑO"),
        ("n\u0323\u0303 ṅ", "ñ n"),
        ("áéíóú ÁÉÍÓÚ üÜ", "aéiou AÉIOU üÜ"),
        ("a\u0300 a\u0301 u\u0308 c\u0327", "à a ü c"),
        ("ǘ ǿ ǽ ǻ Ḉ", "ü ø æ å Ç"),
        ("ção Ç", "cao Ç"),
        ("Łódź, þð, œ, ĳ, ﬁn, ß ẞ", "Lodz, thd, oe, ij, fin, ß SS"),
        ("1.ª 2º N° 25 °C", "1.a 2o No 25 oC"),
        ("“a” \u2018b\u2019 «c» „d“ \u2039e\u203a `f\u00b4", "\"a\" 'b' \"c\" \"d\" 'e' 'f'"),
        ("a\u2013b—c\u2212d\u2011e…", "a-b-c-d-e..."),
        ("3\u00d74 ÷2 ±1 ≤5 10²", "3x4 /2 +/-1 <=5 10^2"),
        ("© ® ™ •", "(c) (R) (TM) *"),
        ("a\u00a0b\u202fc\td", "a b c d"),
        ("a\u2028b\x85c", "a\nb\nc"),
        ("\ufeffho\u00adla\u200b \u200emundo\u202c \u2066x\u2069", "hola mundo x"),
        ("©\ufe0f", "(c)"),
        ("\u212b \u2126 \u212a", "Å Ω K"),
        ("ñ é ü ¿ ¡ € [ ] { } \\ ~ ^ |", "ñ é ü ¿ ¡ € [ ] { } \\ ~ ^ |"),
    ],
)
def test_plain_makes_one_cheap_text_of_it(text: str, plain: str) -> None:
    """The phone shows what a person would have typed on a poor keyboard, in charset 0."""
    encoded = encode(text, policy="plain")
    assert (encoded.charset, shown(encoded), encoded.forced_by) == (0, plain, ())


@pytest.mark.parametrize(
    ("text", "plain", "forced_by"),
    [
        ("sí 😀", "si 😀", ((3, "😀"),)),
        ("…😀", "...😀", ((1, "😀"),)),
        ("a\u0301\u00ad😀", "a\u00ad😀", ((2, "\u00ad"), (3, "😀"))),
        ("👨\u200d👩 á", "👨\u200d👩 a", ((0, "👨"), (1, "\u200d"), (2, "👩"))),
        ("1½ kg", "1½ kg", ((1, "½"),)),
        ("₡500", "₡500", ((0, "₡"),)),
        ("й и\u0306 ά", "й й ά", ((0, "й"), (2, "й"), (5, "ά"))),
        ("\u1112\u1161\u11ab…", "한...", ((0, "한"),)),
        ("\u0958…\u03b1", "\u0915\u093c...\u03b1", ((0, "\u0915"), (0, "\u093c"), (2, "\u03b1"))),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3", ((1, "\ufe0f"), (2, "\u20e3"))),
        ("\u0301a", "\u0301a", ((0, "\u0301"),)),
        ("5\u0336", "5\u0336", ((1, "\u0336"),)),
        ("a\x00b", "a\x00b", ((1, "\x00"),)),
    ],
)
def test_plain_falls_to_charset_6_by_what_has_no_spelling(
    text: str, plain: str, forced_by: tuple[tuple[int, str], ...]
) -> None:
    """What is left is named at its place in the text as given, and is sent whole."""
    encoded = encode(text, policy="plain")
    assert (encoded.charset, shown(encoded), encoded.forced_by) == (6, plain, forced_by)


def test_plain_says_what_it_changed() -> None:
    """Position in the given text, what stood there, what is sent."""
    assert encode("sí a\u0301 … ñ\u200b", policy="plain").replaced == (
        (1, "í", "i"),
        (3, "a\u0301", "a"),
        (6, "…", "..."),
        (9, "\u200b", ""),
    )


def test_no_letter_becomes_another_word() -> None:
    """`año` is never `ano`: ñ stays ñ however it is written, in every policy and charset."""
    for year in ("año", "an\u0303o", "AÑO", "AN\u0303O", "an\u0323\u0303o"):
        folded = shown(encode(year, policy="plain"))
        assert folded in {"año", "AÑO"}
        assert shown(encode(year)) == year


@given(gsm_texts, st.sampled_from(get_args(Policy)), st.sampled_from([None, 0, 6, 8]))
def test_what_gsm_has_is_never_touched(text: str, policy: Policy, charset: int | None) -> None:
    """Whatever the policy and the charset."""
    encoded = encode(text, charset, policy=policy)
    assert (shown(encoded), encoded.replaced, encoded.forced_by) == (text, (), ())


@given(st.one_of(texts, spanish_texts))
def test_the_changes_undo_to_the_given_text(text: str) -> None:
    """No change goes unreported, and every offender is found at its place in the given text or a change there."""
    encoded = encode(text, policy="plain")
    sent, given_text = shown(encoded), text
    for position, original, replacement in reversed(encoded.replaced):
        assert given_text[position : position + len(original)] == original
        given_text = given_text[:position] + replacement + given_text[position + len(original) :]
    assert given_text == sent
    changed = {place for edit in encoded.replaced for place in range(edit.position, edit.position + len(edit.original))}
    assert all(text[place] == left or place in changed for place, left in encoded.forced_by)
    assert [left for _, left in encoded.forced_by] == [character for character in sent if character not in OCTETS]


@given(st.one_of(texts, spanish_texts))
def test_plain_is_done_after_once(text: str) -> None:
    """A text that was made plain has nothing left to make plain, and is composed."""
    once = shown(encode(text, policy="plain"))
    assert encode(once, policy="plain").replaced == ()
    assert unicodedata.is_normalized("NFC", once)


@given(spanish_texts)
def test_plain_never_makes_a_question_mark(text: str) -> None:
    """A question mark in what is sent was one in what was given."""
    assert shown(encode(text, policy="plain")).count("?") == text.count("?")


@pytest.mark.parametrize("charset", [None, 0, 1, 6, 8])
def test_exact_refuses_what_is_outside_gsm(charset: int | None) -> None:
    """Whatever the charset, and names each offender."""
    with pytest.raises(Unencodable, match=re.escape("GSM 03.38 cannot carry U+00E1 at 0, U+1F600 at 2")):
        encode("á 😀", charset, policy="exact")


def test_an_asked_for_policy_comes_before_the_charset() -> None:
    """`plain` lets charset 8 carry what it could not, and what is left is named at its place in the given text."""
    assert encode("sí", 8, policy="plain").text == "si"
    assert encode("sí", 6, policy="plain").text == "00730069"
    assert encode("“sí”", 1, policy="plain").text == '"si"'
    with pytest.raises(Unencodable, match=re.escape("charset 8 cannot carry U+1F600 at 1")):
        encode("…😀", 8, policy="plain")


def test_auto_transliterates_nothing() -> None:
    """Not even by composing."""
    assert shown(encode("an\u0303o “sí”")) == "an\u0303o “sí”"
    with pytest.raises(Unencodable, match=re.escape("U+00ED at 1")):
        encode("sí", 8)


def test_an_unknown_policy_is_refused() -> None:
    """By its name, even for a text that no policy would touch."""
    with pytest.raises(ValueError, match="'strict' is none of auto, plain, exact"):
        encode("a", policy="strict")  # type: ignore[arg-type]  # what an untyped caller may do
