"""Transliterate a text into GSM 03.38 without changing its meaning.

Characters of the alphabet are never changed: `ñ é à ü ¿ ¡ €` stay. Characters without a spelling that everybody reads
the same way stay too: other scripts, emoji, currencies, fractions (`1½` would read `11/2`), degrees (`25°` is not
`25o`), exponents (`10ⁿ` is not `10n`), and links.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from string import ascii_letters

from realtime_sms.encoding import gsm7, ucs2
from realtime_sms.encoding.compose import Changed, Replacement, change, clusters
from realtime_sms.encoding.links import links

# Each spelling with the characters that are written so. By number where a font would not tell them apart.
_SPELLED = {
    "'": "`\u00b4\u02b9\u02bc\u2018\u2019\u201a\u201b\u2032\u2039\u203a",
    '"': "«»\u201c\u201d\u201e\u201f\u2033",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212",
    "...": "\u2026",
    ".": "\u00b7\u0387\u2024",
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
    "o": "°º",
    "a": "ª",
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
    " ": "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000",
    "\n": "\v\x85\u2028\u2029",
    # Soft hyphen, zero-width characters, directional marks, variation selectors, byte order mark.
    "": "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\ufe00\ufe01\ufe02\ufe03\ufe04\ufe05\ufe06\ufe07\ufe08\ufe09\ufe0a\ufe0b\ufe0c\ufe0d\ufe0e\ufe0f\ufeff",
}
_SPELLING = {character: spelling for spelling, characters in _SPELLED.items() for character in characters}
_BASES = frozenset(ascii_letters + "ØøÆæß")
_EXPONENTS = frozenset("¹²³")
_INDICATORS = frozenset("°ºª")
_IN_CONTEXT = _EXPONENTS | _INDICATORS | frozenset("№·\u0387←")  # next to some characters they have no spelling
_CONTEXT = 2 * (ucs2.MOST_MARKS + 1)  # code points that may make up the two characters before one


def transliterate_all(text: str) -> Changed | None:
    """Transliterate a text as `transliterate` does; None if something outside GSM 03.38 would be left."""
    edits = []
    for position, cluster, spelling in _spellings(text):
        if spelling is None:
            return None
        edits.append(Replacement(position, cluster, spelling))
    return change(text, edits)


def transliterate(text: str) -> Changed:
    """Transliterate what is outside GSM 03.38, after composing it (NFC); what has no spelling stays, composed.

    Accents go only where GSM has no letter for them, and the letter stays the nearest that GSM has: `á` is `a`, `ǘ` is
    `ü`, and `ñ`, however it is written, stays `ñ`. Invisible characters are dropped unless something else stays: then
    they may be what joins an emoji or orders a script. Links stay as written.
    """
    whole = transliterate_all(text)
    if whole is not None:
        return whole
    spelled = (
        (at, given, unicodedata.normalize("NFC", given) if to is None else to) for at, given, to in _spellings(text)
    )
    return change(text, [Replacement(*one) for one in spelled if one[2] and one[1] != one[2]])


def _spellings(text: str) -> Iterator[tuple[int, str, str | None]]:
    """Yield the position of each character outside GSM 03.38, itself, and its spelling, None if it has to stay."""
    in_links = {place for begin, end in links(text) for place in range(begin, end)}
    for position, cluster in clusters(text):
        if position in in_links:
            composed = unicodedata.normalize("NFC", cluster)
            spelling = None if gsm7.OUTSIDE.search(composed) else composed
        else:
            spelling = _spell_at(text, position, cluster)
        if spelling != cluster:
            yield position, cluster, spelling


def _spell_at(text: str, position: int, cluster: str) -> str | None:
    """Spell a character and its marks where they stand; None if that cannot be done, or would say something else."""
    if cluster in _IN_CONTEXT:
        before = unicodedata.normalize("NFC", text[max(position - _CONTEXT, 0) : position])
        if not _fits(before, cluster, text[position + 1 : position + 3]):
            return None
        further = cluster in _EXPONENTS and before[-1:] in _EXPONENTS
        return _SPELLING[cluster].removeprefix("^" if further else "")  # `10²³` is `10^23`
    if cluster[0].isalpha() and text[position - 1 : position].isdigit() and _is_variant(cluster):
        return None  # a sign of a litre behind a 5 would be read as 51
    return _spell_one(cluster) if len(cluster) == 1 else _spell(cluster)


def _fits(before: str, character: str, after: str) -> bool:
    """Return True if the spelling of a character of `_IN_CONTEXT` says the same between what surrounds it."""
    last, following = before[-1:], after[:1]
    if character in _INDICATORS:
        return _abbreviates(before, character, after)
    if character in _EXPONENTS:  # `10⁻³`, `10²5`
        return not (following.isdecimal() or last in {"-", "+", "\u2212"})
    if character == "←":  # `←5` is not `<-5`
        return not after.strip()[:1].isdigit()
    if character == "№":
        return not last.isdigit()
    return not (last.isdigit() and following.isdigit())  # `2·5` is not `2.5`


def _abbreviates(before: str, indicator: str, after: str) -> bool:
    """Return True if `°`, `º` or `ª` ends an abbreviation, such as `N°` or `M.ª`: no ordinal (`1º`), no degree (`°C`).

    `n°` is one only before a number, for `su n° es` is not `su no es`.
    """
    last = before.removesuffix(".")[-1:]
    if not last.isalpha() or (indicator != "ª" and last in "CFKcfk"):
        return False
    return before[-1:] != "n" or indicator == "ª" or after.strip()[:1].isdigit()


def _is_variant(character: str) -> bool:
    """Return True for a letter in another style, such as a superscript, as Unicode's compatibility mapping has it."""
    return unicodedata.decomposition(character[0]).startswith("<")


def _spell(cluster: str) -> str | None:
    """Spell a character and its marks in GSM 03.38; None if that cannot be done."""
    prepared = unicodedata.normalize("NFC", cluster)
    if not gsm7.OUTSIDE.search(prepared):
        return prepared
    if prepared in _SPELLING:
        return _SPELLING[prepared]
    if not prepared[0].isalpha() or unicodedata.decomposition(prepared[0]).startswith(("<super>", "<sub>")):
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
