"""Canonical composition (NFC), with a record of what it changed: `n` and a tilde become `ñ`."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from realtime_sms.encoding import gsm7
from realtime_sms.encoding.gsm7 import Offender

_RUN = re.compile(f".?{gsm7.OUTSIDE.pattern}+", re.DOTALL)
_VARIATION_SELECTORS = frozenset(map(chr, range(0xFE00, 0xFE10)))


class Replacement(NamedTuple):
    """What stood at an index of the given text, in code points, and what is sent for it: nothing, if invisible."""

    position: int
    original: str
    replacement: str


class Changed(NamedTuple):
    """A text after some changes, and these changes, in order."""

    text: str
    replaced: tuple[Replacement, ...]


def compose(text: str) -> Changed:
    """Compose a text (NFC)."""
    if unicodedata.is_normalized("NFC", text):
        return Changed(text, ())
    composed = ((at, cluster, unicodedata.normalize("NFC", cluster)) for at, cluster in clusters(text))
    return change(text, [Replacement(*one) for one in composed if one[1] != one[2]])


def clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each character outside GSM 03.38, with the marks that belong to it, and its position.

    A GSM character comes too if marks follow it. Clusters compose independently of each other.
    """
    if not any(map(_joins, gsm7.OUTSIDE.findall(text))):
        yield from ((outside.start(), outside[0]) for outside in gsm7.OUTSIDE.finditer(text))
        return
    for run in _RUN.finditer(text):
        characters = run[0]
        starts = [0, *(at for at in range(1, len(characters)) if not _joins(characters[at])), len(characters)]
        yield from ((run.start() + start, characters[start:end]) for start, end in pairwise(starts))


def _joins(character: str) -> bool:
    """Return True if a character may compose with what stands before it: a mark, or a Hangul vowel or final."""
    if "\u1160" <= character <= "\u11ff":
        return True
    return unicodedata.category(character)[0] == "M" and character not in _VARIATION_SELECTORS


def change(text: str, replacements: Iterable[Replacement]) -> Changed:
    """Apply replacements, which are in order, to a text."""
    pieces: list[str] = []
    end, replaced = 0, tuple(replacements)
    for position, original, replacement in replaced:
        pieces += text[end:position], replacement
        end = position + len(original)
    return Changed("".join([*pieces, text[end:]]), replaced)


def placed(offenders: Iterable[Offender], replaced: Iterable[Replacement]) -> Iterator[Offender]:
    """Move offenders found in a changed text to their places in the text as it was given.

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
