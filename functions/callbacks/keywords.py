"""Recognise an inbound SMS that is an opt-out or opt-in word; such a word inside a sentence does not count."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Self

# What may follow the word: another sentence, a new line, a signature.
_END = re.compile(
    r"[.!\u2026](?=\s|$)|[\n\r\v\f\x85\u2028\u2029]|\s[-~/|*]+(?!\s*\d)|--|[\u2013\u2014]|[_*]{2,}"
    r"|\s(?:atte|atentamente|saludos|regards)\b"
    r"|\b(?:enviad[oa]|sent|envoy[e\u00e9]e?)\s+(?:desde|por|do|from|via|de|depuis)\s",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"[,;]\s*(?:(?:muchas\s+)?gracias|por\s+favor|please|thanks|thank\s+you|merci)\W*$", re.IGNORECASE
)
_LOOKED_AT = 200  # characters of a message, in which a word would have ended


class Wish(StrEnum):
    """What a person wants who sends such a word."""

    OPT_OUT = auto()
    OPT_IN = auto()


@dataclass(frozen=True, slots=True)
class Keywords:
    """A deployment's words, in the form that `folded` gives."""

    opt_out: frozenset[str]
    opt_in: frozenset[str] = frozenset()

    @classmethod
    def of(cls, opt_out: tuple[str, ...], opt_in: tuple[str, ...] = ()) -> Self:
        """Return the keywords for words as a deployment writes them."""
        return cls(*(frozenset(filter(None, map(folded, words))) for words in (opt_out, opt_in)))

    def wish(self, text: str) -> Wish | None:
        """Return what the sender of a message wants; a word in both lists opts out.

        To opt out, the word may stand before a signature or another sentence. To opt in, it has to be the whole
        message: nobody must get SMS by mistake.
        """
        if any(said in self.opt_out for said in _first_words(text)):
            return Wish.OPT_OUT
        return Wish.OPT_IN if folded(text) in self.opt_in else None


def _first_words(text: str) -> Iterator[str]:
    """Yield the whole message, its first sentence, and that without a word of courtesy."""
    yield folded(text)
    first = _END.split(text.strip()[:_LOOKED_AT], maxsplit=1)[0]
    yield folded(first)
    yield folded(_COURTESY.sub("", first))


def folded(text: str) -> str:
    """Leave letters, digits and single spaces: no case, no accents, no punctuation (`¡Bájà!` is `baja`)."""
    bases = "".join(one for one in text if not unicodedata.combining(one))  # thousands would take seconds to order
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", bases).casefold())
    kept = (one for one in letters if one.isalnum() or one.isspace())
    return " ".join("".join(kept).split())
