"""What may become of a text outside GSM 03.38: auto, plain, exact."""

import re
import time
import unicodedata
from contextlib import suppress
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms import EncodedText, Unencodable, decode, encode
from realtime_sms.encoding.compose import compose
from realtime_sms.encoding.gsm7 import OCTETS
from realtime_sms.encoding.text import Policy
from realtime_sms.encoding.ucs2 import TooManyMarksError
from realtime_sms.requests.model import MAX_TEXT
from tests.encoding.strategies import gsm_texts, link_texts, spanish_texts, texts

EVERY = [
    character
    for character in map(chr, range(0x110000))
    if unicodedata.category(character) not in {"Cc", "Cn", "Co", "Cs"}  # controls, and what has no properties
]


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
        ("N° 25, Nº 3, n° 7, nº8, N.º 9, N°s", "No 25, No 3, no 7, no8, N.o 9, Nos"),
        ("V°B°, D.ª Mª José, № 5", "VoBo, D.a Ma José, No 5"),
        ("10²³ m² x¹ 5³", "10^23 m^2 x^1 5^3"),
        ("5\u2000kg 5\u2001kg a\u1680b", "5 kg 5 kg a b"),
        ("a\u0374b a\u037eb a\u0387b a\u1fefb a\u1ffdb", "a'b a;b a.b a'b a'b"),
        ("5\u212ag 5\u212bg 5\u2126g", "5Kg 5Åg 5Ωg"),
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
    ("text", "sent", "forced_by"),
    [
        ("Señor Pérez 😀 código", "Señor Pérez 😀 código", ((12, "😀"),)),
        ("…😀", "…😀", ((1, "😀"),)),
        ("a\u0301\u00ad😀", "á\u00ad😀", ((2, "\u00ad"), (3, "😀"))),
        ("👨\u200d👩 á", "👨\u200d👩 á", ((0, "👨"), (1, "\u200d"), (2, "👩"))),
        ("1½ kg", "1½ kg", ((1, "½"),)),
        ("₡500 más", "₡500 más", ((0, "₡"),)),
        ("й и\u0306 ά", "й й ά", ((0, "й"), (2, "й"), (5, "ά"))),
        ("\u1112\u1161\u11ab…", "한…", ((0, "한"),)),
        ("\u0958…\u03b1", "\u0915\u093c…\u03b1", ((0, "\u0915"), (0, "\u093c"), (2, "\u03b1"))),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3", ((1, "\ufe0f"), (2, "\u20e3"))),
        ("\u0301a", "\u0301a", ((0, "\u0301"),)),
        ("5\u0336", "5\u0336", ((1, "\u0336"),)),
        ("Son 25° más", "Son 25° más", ((6, "°"),)),
        ("38,5°C, 25 °C, 25 C°", "38,5°C, 25 °C, 25 C°", ((4, "°"), (11, "°"), (19, "°"))),
        ("2ª, 1º, 1.º, 2 ª", "2ª, 1º, 1.º, 2 ª", ((1, "ª"), (5, "º"), (10, "º"), (15, "ª"))),
        ("su n° es", "su n° es", ((4, "°"),)),
        ("10\u207f", "10\u207f", ((2, "\u207f"),)),
        ("10\u207b³", "10\u207b³", ((2, "\u207b"),)),
        ("10²5", "10²5", ((2, "²"),)),
        ("CO\u2082 y m\u1d43", "CO\u2082 y m\u1d43", ((2, "\u2082"), (7, "\u1d43"))),
        ("2·5 y a·b", "2·5 y a·b", ((1, "·"),)),
        ("x←5", "x←5", ((1, "←"),)),
        ("5\u2113", "5\u2113", ((1, "\u2113"),)),
    ],
)
def test_plain_sends_the_text_as_it_is_where_something_has_no_spelling(
    text: str, sent: str, forced_by: tuple[tuple[int, str], ...]
) -> None:
    """It is composed and goes as Unicode; what forced that is named at its place in the text as given."""
    encoded = encode(text, policy="plain")
    assert (encoded.charset, shown(encoded), encoded.forced_by) == (6, sent, forced_by)
    assert encoded.replaced == encode(text).replaced


@pytest.mark.parametrize(
    "link",
    [
        "https://maipú.cl/menú?x=á",
        "HTTP://MAIPÚ.CL/MENÚ",
        "whatsapp://send?text=código",
        "www.maipú.cl",
        "WWW.Ñuñoa.cl/información",
        "maipú.cl/menú?",
        "maipú.cl/menú",
        "maipú.cl",
        "MAIPÚ.CL",
        "tienda.maipú.com.ar:8080/í",
        "xn--maip-2ra.cl/menú",
        "maría@maipú.cl",
        "MARÍA.PÉREZ+sms@gmail.com",
        "jose@maipú.cl",
    ],
)
@pytest.mark.parametrize("around", ["{}", "Más: {}, señor", "¿{}?", "({}).", "“{}”…", "Aquí:{}\nadiós"])
def test_links_and_addresses_stay_as_written(link: str, around: str) -> None:
    """With another letter they would lead somewhere else, so the text goes as Unicode, with its accents."""
    text = around.format(link)
    encoded = encode(text, policy="plain")
    assert (encoded.charset, shown(encoded)) == (6, text)
    assert {character for _, character in encoded.forced_by} == set(link) - set(OCTETS)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Señor Pérez: https://x.cl/menu código", "Señor Pérez: https://x.cl/menu codigo"),
        ("“https://x.cl/a”, «www.x.cl»…", '"https://x.cl/a", "www.x.cl"...'),
        ("(más en x.cl/a—)…", "(mas en x.cl/a-)..."),
        ("más jose@x.cl\u2019", "mas jose@x.cl'"),
        ("Llegó.Gracias, código.Su", "Llego.Gracias, codigo.Su"),
        ("Sí/no, débito/crédito, p.ej./así", "Si/no, débito/crédito, p.ej./asi"),
        ("Ing.Comercial/Económico, S.A./María", "Ing.Comercial/Economico, S.A./Maria"),
        ("a 10 @ maría, @raúl", "a 10 @ maria, @raul"),
        ("\ufeffhttps://x.cl/a\u200b", "https://x.cl/a"),
        ("más…https://x.cl", "mas...https://x.cl"),
    ],
)
def test_the_text_around_a_link_is_transliterated(text: str, plain: str) -> None:
    """Punctuation behind a link is not part of it, and two sentences without a space are no link."""
    encoded = encode(text, policy="plain")
    assert (encoded.charset, shown(encoded)) == (0, plain)


def test_every_character_of_unicode_is_spelled_by_itself() -> None:
    """Between two letters as alone: nothing is glued to a neighbour, and what forces Unicode is named at its place."""
    for character in EVERY:
        if unicodedata.category(character)[0] == "M":
            continue  # it belongs to the letter before
        alone, between = encode(character, policy="plain"), encode(f"x{character}y", policy="plain")
        if character in "°ºª":  # an abbreviation behind a letter only
            assert (alone.charset, between.charset) == (6, 0)
            continue
        assert between.charset == alone.charset, f"U+{ord(character):04X}"
        composed = unicodedata.normalize("NFC", f"x{character}y")
        assert shown(between) == (composed if between.charset else f"x{shown(alone)}y"), f"U+{ord(character):04X}"
        assert [place for place, _ in between.forced_by] == [1] * len(between.forced_by)
        assert bool(between.forced_by) == (between.charset == 6)


def test_no_character_of_unicode_becomes_a_letter_behind_a_digit() -> None:
    """Unless it is a letter, or the times sign, which everybody writes so."""
    for character in EVERY:
        behind = shown(encode(f"5{character}", policy="plain"))[1:]
        letter = unicodedata.normalize("NFC", character)[0].isalpha() and not unicodedata.decomposition(
            character
        ).startswith("<")
        assert behind == character or letter or character == "\u00d7" or not behind[:1].isalpha(), (
            f"U+{ord(character):04X}"
        )


def test_every_space_of_unicode_is_a_space_under_plain() -> None:
    """In one of GSM's: none is dropped, none glued."""
    spaces = [character for character in EVERY if unicodedata.category(character) == "Zs"]
    assert len(spaces) == 17
    assert {shown(encode(f"5{space}kg", policy="plain")) for space in spaces} == {"5 kg"}


def test_every_character_that_composes_belongs_to_what_it_composes_with() -> None:
    """Composing piece by piece gives what composing the whole text gives."""
    for character in EVERY:
        if (apart := unicodedata.normalize("NFD", character)) != character:
            for text in (apart, f"x{character}\u0301{apart}y", f"{apart}{character}\u0323"):
                assert compose(text).text == unicodedata.normalize("NFC", text), f"U+{ord(character):04X}"


@pytest.mark.parametrize("policy", get_args(Policy))
def test_texts_are_composed_first(policy: Policy) -> None:
    """`n` with a tilde is ñ, which GSM has; the change is told."""
    encoded = encode("an\u0303o", policy=policy)
    assert (encoded.charset, encoded.text, encoded.replaced) == (0, "año", ((1, "n\u0303", "ñ"),))
    assert encode("an\u0303o", 8, policy=policy).text == "a%7Do"
    assert encode("an\u0303o", 6, policy=policy).text == "006100f1006f"
    assert encode("5\u212a", policy=policy).text == "5K"


def test_places_are_those_in_the_text_as_given() -> None:
    """Also where composing has made it shorter."""
    assert encode("an\u0303o á😀").forced_by == ((5, "á"), (6, "😀"))
    with pytest.raises(Unencodable, match=re.escape("GSM 03.38 cannot carry U+00E1 at 5")):
        encode("an\u0303o a\u0301", policy="exact")


@pytest.mark.parametrize("policy", get_args(Policy))
@pytest.mark.parametrize("marks", ["\u0301", "\u0301\u0323", "\u0903", "\U0001e8d0", "\u20dd"])
def test_more_than_thirty_marks_in_a_row_are_refused(policy: Policy, marks: str) -> None:
    """At once, and with their place; composing them would take seconds. Thirty are more than any script needs."""
    row = (marks * 31)[:31]
    with pytest.raises(
        TooManyMarksError, match=r"^more than 30 combining marks in a row, the first at 4; leave some out$"
    ):
        encode(f"ño \u0431{row}" + row * 1000, policy=policy)
    if policy != "exact":
        assert encode(f"\u0431{row[1:]}", policy=policy).charset == 6


@pytest.mark.parametrize("policy", get_args(Policy))
def test_no_text_of_allowed_length_takes_long(policy: Policy) -> None:
    """Time grows with the length, whatever the text is made of: four times the text, about four times the time."""
    for piece in (
        "á.",
        "n\u0303",
        "5°",
        "²",
        "á@a.",
        "http://á… ",
        "áwww.",
        "a-é",
        "\u1112\u1161\u11ab",
        "é" + "\u0301\u0323" * 15,
    ):
        text = piece * (MAX_TEXT // len(piece))
        begun = time.process_time()
        with suppress(Unencodable):
            encode(text, policy=policy)
        assert time.process_time() - begun < 1, ascii(piece)


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
        assert shown(encode(year)) == unicodedata.normalize("NFC", year)


@given(gsm_texts, st.sampled_from(get_args(Policy)), st.sampled_from([None, 0, 6, 8]))
def test_what_gsm_has_is_never_touched(text: str, policy: Policy, charset: int | None) -> None:
    """Whatever the policy and the charset."""
    encoded = encode(text, charset, policy=policy)
    assert (shown(encoded), encoded.replaced, encoded.forced_by) == (text, (), ())


@given(st.one_of(texts, spanish_texts, link_texts))
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
    assert bool(encoded.forced_by) == (encoded.charset == 6)
    assert {left for _, left in encoded.forced_by} <= {character for character in sent if character not in OCTETS}


@given(st.one_of(texts, spanish_texts, link_texts))
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
    assert decode(encode("sí 😀", 6, policy="plain").text, 6) == "sí 😀"


def test_auto_transliterates_nothing() -> None:
    """It only composes."""
    assert shown(encode("an\u0303o “sí” 25°\t…")) == "año “sí” 25°\t…"
    with pytest.raises(Unencodable, match=re.escape("U+00ED at 1")):
        encode("sí", 8)


def test_an_unknown_policy_is_refused() -> None:
    """By its name, even for a text that no policy would touch."""
    with pytest.raises(ValueError, match="'strict' is none of auto, plain, exact"):
        encode("a", policy="strict")  # type: ignore[arg-type]  # what an untyped caller may do
