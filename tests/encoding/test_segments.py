"""How texts are cut, against the standard and against two independent implementations."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
import smsutil
from hypothesis import given
from hypothesis import strategies as st
from sms_toolkit import profile_message

from realtime_sms import Unencodable, encode, split
from realtime_sms.encoding.gsm7 import OCTETS
from realtime_sms.encoding.segment import GSM7, UCS2, count, units_left
from realtime_sms.encoding.ucs2 import LoneSurrogateError
from tests.encoding.strategies import boundary_texts, composed_texts, gsm_texts, mixed_texts


def size(text: str, *, gsm: bool) -> int:
    """Measure a text the slow, obvious way."""
    return sum(len(OCTETS[character]) if gsm else len(character.encode("utf-16-be")) // 2 for character in text)


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", []),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("€" * 80, [80]),
        ("€" * 81, [76, 5]),
        ("a" * 152 + "€" + "a" * 7, [152, 8]),
        ("a" * 151 + "€" + "a" * 8, [152, 8]),
        ("a" * 1_530, [153] * 10),
        ("á" * 70, [70]),
        ("á" * 71, [67, 4]),
        ("😀" * 35, [35]),
        ("😀" * 36, [33, 3]),
        ("á" * 66 + "😀" + "á" * 3, [66, 4]),
        ("á" * 65 + "😀" + "á" * 4, [66, 4]),
        ("\r" * 161, [153, 8]),
    ],
)
def test_segments_hold_what_the_standard_gives_them(text: str, sizes: list[int]) -> None:
    """160 or 153 septets, 70 or 67 code units, in characters (3GPP TS 23.040 §9.2.3.24)."""
    assert [len(segment) for segment in split(text)] == sizes


@given(st.one_of(gsm_texts, composed_texts))
def test_segments_fit_and_join_to_the_text(text: str) -> None:
    """Nothing is lost or cut; each segment is full or the next character would not have fitted."""
    segments, gsm = split(text), encode(text).alphabet == "gsm7"
    whole, part = (160, 153) if gsm else (70, 67)
    assert "".join(segments) == text
    assert all(size(segment, gsm=gsm) <= (whole if len(segments) == 1 else part) for segment in segments)
    assert all(size(segment + following[0], gsm=gsm) > part for segment, following in pairwise(segments))
    assert len(segments) == count(text) == encode(text).segments
    assert size(text, gsm=gsm) == encode(text).units


def test_a_text_sent_as_unicode_is_cut_so_though_gsm_could_carry_it() -> None:
    """As RealTime's charset 6 bills it."""
    assert [len(segment) for segment in split("a" * 71, UCS2)] == [67, 4]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", 160),
        ("a" * 160, 0),
        ("€" * 80, 0),
        ("a" * 161, 145),
        ("a" * 152 + "€" + "a" * 7, 144),
        ("a" * 306, 0),
        ("á" * 69, 1),
        ("á" * 71, 63),
        ("😀" * 36, 61),
    ],
)
def test_units_left_are_those_of_the_last_segment(text: str, left: int) -> None:
    """An escape pair that moved on is counted where it went, and not where it would have been cut."""
    alphabet = UCS2 if encode(text).alphabet == "ucs2" else GSM7
    assert units_left(split(text, alphabet), alphabet) == left


@pytest.mark.parametrize("texts", [boundary_texts(), mixed_texts(6_000)], ids=["boundaries", "mixed"])
def test_counts_are_those_of_sms_toolkit_and_smsutil(texts: Iterator[str]) -> None:
    """Two independent implementations get the same segments, text for text."""
    for text in texts:
        ours = split(text)
        assert ours == [part.content for part in smsutil.split(text).parts]
        assert ours == [segment["message"] for segment in profile_message(text)["segments"]]
        assert len(ours) == count(text) == encode(text).segments


def test_where_smsutil_differs_the_standard_decides() -> None:
    """Smsutil is wrong twice: it sends an empty text, and takes the escape code for a character.

    TS 23.038 §6.2.1 gives 0x1B to the escape to the extension table; a text without characters needs no segment.
    """
    assert len(smsutil.split("").parts) == 1
    assert split("") == []
    assert len(smsutil.split("\x1b").parts) == 1
    with pytest.raises(Unencodable, match=re.escape("U+001B at 0")):
        split("\x1b")


@pytest.mark.parametrize("function", [split, count, encode])
def test_a_lone_surrogate_is_refused_with_its_place(function: Callable[[str], object]) -> None:
    """Half a pair is no character, whatever is asked of it."""
    with pytest.raises(LoneSurrogateError, match=re.escape("U+D83D at 3 is half of a surrogate pair")):
        function("abc\ud83d")
