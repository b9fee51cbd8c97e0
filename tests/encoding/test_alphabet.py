"""The repertoire of GSM 03.38, against the facts in gsm0338.json (3GPP TS 23.038 §6.2.1 and §6.2.1.1)."""

import json
from pathlib import Path

import pytest

from realtime_sms.encoding import gsm7
from realtime_sms.encoding.gsm7 import DecodeError
from realtime_sms.encoding.segment import weighed

FACTS = json.loads(Path(__file__).with_name("gsm0338.json").read_text())["map"]
CODES = {chr(int(name.removeprefix("U+"), 16)): bytes.fromhex(codes) for name, codes in FACTS.items()}


def test_the_table_is_the_standards() -> None:
    """Every character has the codes that the standard gives it, and no further character is there."""
    assert CODES == gsm7.OCTETS


def test_every_character_of_the_alphabet_and_no_other_of_unicode_is_gsm() -> None:
    """All 1,114,112 code points are asked, alone and beside a character that takes the slower way."""
    everything = map(chr, range(0x110000))
    assert {character for character in everything if gsm7.marked(character) is not None} == set(CODES)
    assert {character for character in map(chr, range(0x110000)) if gsm7.marked(character + "Δ") is not None} == set(
        CODES
    )


@pytest.mark.parametrize("beside", ["", "a", "é", "Δ", "€"])
def test_each_character_takes_the_septets_of_its_codes(beside: str) -> None:
    """One in the default table, two in the extension table, whatever stands beside it."""
    for character, codes in (CODES | {"": b""}).items():
        marked = gsm7.marked(character + beside)
        assert marked is not None
        assert len(weighed(marked)) == len(codes) + len(CODES.get(beside, b""))


def test_codes_read_back_as_the_characters_they_stand_for() -> None:
    """The reverse table is the table."""
    assert gsm7.characters(b"".join(CODES.values())) == "".join(CODES)


@pytest.mark.parametrize(
    ("octets", "position"),
    [(b"ab\x1b", 2), (b"\x1b", 0), (b"a\x1bA", 1), (b"\x1b\x1b\x65", 0), (b"abc\x80", 3), (b"\xff", 0)],
    ids=["cut escape", "only an escape", "no such extension", "escape of an escape", "eight bits", "0xFF"],
)
def test_codes_that_stand_for_nothing_are_refused_at_their_place(octets: bytes, position: int) -> None:
    """No space, no question mark in place of what cannot be read."""
    with pytest.raises(DecodeError) as refused:
        gsm7.characters(octets)
    assert refused.value.position == position
