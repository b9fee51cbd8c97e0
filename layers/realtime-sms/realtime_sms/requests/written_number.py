"""Read a phone number as people write it: its digits, or what is wrong with the entry.

Typographic and invisible characters come from word processors, web pages and address books. They are replaced by the
plain character, or removed. An entry that is not exactly one number is refused, because its digits could be another
person's number.
"""

import re
import unicodedata
from typing import NamedTuple

MAX_LENGTH = 64  # characters of an entry

_AS_TEXT = "format the column as text"
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202d\u2060-\u2069\ufeff]")
_PLAIN = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # full width, from an East Asian keyboard
    **dict.fromkeys("\u2212\u2043", "-"),
    **dict.fromkeys("\u00b7\u2022\u2024\u2219\u22c5", "."),
    **dict.fromkeys("\u2044\u2215", "/"),
    "\ufe62": "+",
    "[": "(",
    "]": ")",
    "\t": " ",
}  # fmt: skip
_BY_CATEGORY = {"Zs": " ", "Pd": "-"}  # every kind of space and of dash
_ALLOWED = frozenset("0123456789 +-./()")
_JSON_NAMES = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", list: "an array"}
_SEPARATOR = re.compile(r"[,;|&/\r\n]|\s(?:y|o|e|u|and|or)\s|(?<=\d)\s*(?=\(?\+)")
_WHOLE_NUMBER = 7  # digits from which on one side of a separator is a number of its own

_NOT_ONE_NUMBER = [
    (re.compile(pattern, re.IGNORECASE), why)
    for pattern, why in (
        (r"^['`\u00b4\u02bc\u2018\u2019\u201b]", f"begins with an apostrophe; {_AS_TEXT}"),
        (r"^\+?\d+([.,]\d+)?E[+-]?\d+$", f"is in scientific notation; {_AS_TEXT}"),
        (r"^[\d +()/-]{5,}[.,](0+|\d{1,2})$", f"looks like a decimal number; {_AS_TEXT}"),
        (r"^\+?\d{1,3}(,\d{3})+(\.\d*)?$", f"looks like a number with thousands separators; {_AS_TEXT}"),
        (r"^\d{1,2}\.?\d{3}\.?\d{3}( ?- ?[\dk]|k)$", "looks like a RUT, not like a phone number"),
        (
            r"\d\W*(ext(ension|ensión|n)?|x|anexo|anx|int(erno)?|#|;[a-z-]+)\W*\d{1,7}$",
            "has an extension; leave it out",
        ),
        (
            r"([-.] *\d|/ *\d{1,3})$",
            "ends in digits of their own after a separator; write one number without extension",
        ),
    )
]


class Refused(NamedTuple):
    """Why an entry is not sent to; it quotes no part of a number or text."""

    why: str


class WrittenNumber(NamedTuple):
    """An entry that may be a number, in plain characters, and its digits alone."""

    text: str
    digits: str


def read_written(entry: object) -> WrittenNumber | Refused:
    """Clean an entry of a request; positions in a refusal count its characters from 0."""
    if not isinstance(entry, str):
        return Refused(f"is {_JSON_NAMES.get(type(entry), 'an object')}; write the number as a string")
    if len(entry) > MAX_LENGTH:
        return Refused(f"has {len(entry)} characters; {MAX_LENGTH} allowed")
    plain = [_plain(character) for character in entry]
    text = "".join(plain).strip()
    if not text:
        return Refused("is empty")
    if why := _why_not_one_number(text) or _why_not_a_character(entry, plain):
        return Refused(why)
    return WrittenNumber(text, re.sub(r"\D", "", text))


def _plain(character: str) -> str:
    if character.isascii():
        return _PLAIN.get(character, character)
    if _INVISIBLE.match(character):
        return ""
    return _PLAIN.get(character) or _BY_CATEGORY.get(unicodedata.category(character), character)


def _why_not_one_number(text: str) -> str | None:
    why = next((why for pattern, why in _NOT_ONE_NUMBER if pattern.search(text)), None)
    if why is None and sum(len(re.findall(r"\d", part)) >= _WHOLE_NUMBER for part in _SEPARATOR.split(text)) > 1:
        return "has two numbers; give each its own entry"
    return why


def _why_not_a_character(entry: str, plain: list[str]) -> str | None:
    """Name the first character that no number has, but no letter: it may belong to a text."""
    seen = ""
    for place, (character, cleaned) in enumerate(zip(entry, plain, strict=True)):
        if cleaned == "+" and seen.strip(" ("):
            return f"has a plus sign at {place}; it may only stand first"
        if not _ALLOWED.issuperset(cleaned) and (seen.strip() or cleaned.strip()) and entry[place:].strip():
            return f"has {_named(character)} at {place}"
        seen += cleaned
    return None


def _named(character: str) -> str:
    if character.isalpha():
        return "a letter"
    return "a digit of another script" if character.isdecimal() else f"U+{ord(character):04X}"
