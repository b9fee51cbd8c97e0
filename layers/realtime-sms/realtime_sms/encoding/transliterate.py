"""Transliteration into GSM 03.38: what a text can lose without saying something else.

What the alphabet has is never touched: `ñ é à ü ¿ ¡ €` stay. What has no spelling that everybody reads the same way is
left as it is: other scripts, emoji, currencies (an amount is not for guessing), fractions (`1½` would read `11/2`).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from string import ascii_letters
from typing import NamedTuple

from realtime_sms.encoding import gsm7
from realtime_sms.encoding.gsm7 import Offender


class Replacement(NamedTuple):
    """What stood at an index of the given text, in code points, and what is sent for it: nothing, if invisible."""

    position: int
    original: str
    replacement: str


class Folded(NamedTuple):
    """A text after transliteration, and what that changed, in order."""

    text: str
    replaced: tuple[Replacement, ...]


# Each spelling with the characters that are written so. By number where a font would not tell them apart.
_SPELLED = {
    "'": "`\u00b4\u02b9\u02bc\u2018\u2019\u201a\u201b\u2032\u2039\u203a",
    '"': "«»\u201c\u201d\u201e\u201f\u2033",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212",
    "...": "\u2026",
    ".": "\u00b7\u2024",
    "*": "\u2022\u2217",
    "/": "÷\u2044\u2215",
    "x": "\u00d7",
    "~": "\u02dc",
    "^": "\u02c6",
    "|": "\u00a6",
    "(c)": "©",
    "(R)": "®",
    "(TM)": "™",
    "No": "№",
    "o": "°",
    "^1": "¹",
    "^2": "²",
    "^3": "³",
    "+/-": "±",
    "<=": "≤",
    ">=": "≥",
    "<-": "←",
    "->": "→",
    "d": "ðđ",
    "D": "ÐĐ",
    "th": "þ",
    "Th": "Þ",
    "h": "ħ",
    "H": "Ħ",
    "i": "\u0131",
    "j": "\u0237",
    "l": "ł",
    "L": "Ł",
    "ng": "ŋ",
    "NG": "Ŋ",
    "oe": "œ",
    "OE": "Œ",
    "SS": "ẞ",
    "t": "ŧ",
    "T": "Ŧ",
    " ": "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\v\x85\u2028\u2029",
    # Soft hyphen, zero-width characters, directional marks, variation selectors, byte order mark.
    "": "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff",
}
_SPELLING = {character: spelling for spelling, characters in _SPELLED.items() for character in characters}
_RUN = re.compile(f".?{gsm7.OUTSIDE.pattern}+", re.DOTALL)
_BASES = frozenset(ascii_letters + "ØøÆæß")


def fold(text: str) -> Folded:
    """Transliterate what is outside GSM 03.38, after composing it (NFC); what has no spelling stays, composed.

    Accents go only where GSM has no letter for them, and the letter stays the nearest that GSM has: `á` is `a`, `ǘ` is
    `ü`, and `ñ`, however it is written, stays `ñ`. Invisible characters are dropped unless something else stays: then
    they may be what joins an emoji or orders a script.
    """
    edits, stays = [], False
    for position, cluster in _clusters(text):
        spelling = _spell_one(cluster) if len(cluster) == 1 else _spell(cluster)
        if spelling is None:
            stays = True
            spelling = unicodedata.normalize("NFC", cluster)
        if spelling != cluster:
            edits.append(Replacement(position, cluster, spelling))
    if stays:
        edits = [edit for edit in edits if edit.replacement]
    return Folded(_edited(text, edits), tuple(edits))


def _edited(text: str, edits: Iterable[Replacement]) -> str:
    pieces: list[str] = []
    end = 0
    for position, original, replacement in edits:
        pieces += text[end:position], replacement
        end = position + len(original)
    return "".join([*pieces, text[end:]])


def placed(offenders: Iterable[Offender], replaced: Iterable[Replacement]) -> Iterator[Offender]:
    """Move offenders found in a folded text to their places in the text as it was given.

    An offender inside what was changed, which composing can leave, gets the place of the change.
    """
    shift, edits = 0, iter(replaced)
    edit = next(edits, None)
    for position, character in offenders:
        while edit and position + shift >= edit.position + len(edit.replacement):
            shift += len(edit.original) - len(edit.replacement)
            edit = next(edits, None)
        place = position + shift
        yield Offender(min(place, edit.position) if edit else place, character)


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character outside GSM 03.38, or before one, with the marks that belong to it, and its position.

    A character of GSM 03.38 never composes with what stands before it, so what lies between two can be read alone.
    """
    if unicodedata.is_normalized("NFC", text) and not any(map(unicodedata.combining, gsm7.OUTSIDE.findall(text))):
        yield from ((outside.start(), outside[0]) for outside in gsm7.OUTSIDE.finditer(text))
        return
    for run in _RUN.finditer(text):
        characters, offset, start = run[0], run.start(), 0
        prepared = unicodedata.is_normalized("NFC", characters)
        for index in range(1, len(characters)):
            following = characters[index]
            if unicodedata.combining(following) or not (prepared or not _compose(characters[start:index], following)):
                continue
            yield offset + start, characters[start:index]
            start = index
        yield offset + start, characters[start:]


def _compose(cluster: str, following: str) -> bool:
    """Tell whether a character that is no mark still melts into what is before it, as Hangul letters do."""
    together = unicodedata.normalize("NFC", cluster + following)
    return together != unicodedata.normalize("NFC", cluster) + following


def _spell(cluster: str) -> str | None:
    """Spell a character and its marks in GSM 03.38; None if that cannot be done."""
    prepared = unicodedata.normalize("NFC", cluster)
    if not gsm7.OUTSIDE.search(prepared):
        return prepared
    if prepared in _SPELLING:
        return _SPELLING[prepared]
    if not prepared[0].isalpha():
        return None
    letters: list[str] = []
    for character in unicodedata.normalize("NFKD", prepared):
        if unicodedata.combining(character) and letters:
            kept = unicodedata.normalize("NFC", letters[-1] + character)
            letters[-1] = kept if kept in gsm7.OCTETS else letters[-1]
        elif character in _BASES or character in _SPELLING:
            letters.append(_SPELLING.get(character, character))
        else:
            return None
    return "".join(letters)


# Only single characters: there are few of them in a language, and a cache must not hold pieces of messages.
_spell_one = lru_cache(maxsize=2048)(_spell)
