"""Words by which a person opts out, or in again, in answer to an SMS: only where they are the whole message."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Self


class Wish(StrEnum):
    """What a person asks for by such a word."""

    OPT_OUT = auto()
    OPT_IN = auto()


@dataclass(frozen=True, slots=True)
class Keywords:
    """A deployment's words, in the form that `folded` gives."""

    opt_out: frozenset[str]
    opt_in: frozenset[str] = frozenset()

    @classmethod
    def of(cls, opt_out: tuple[str, ...], opt_in: tuple[str, ...] = ()) -> Self:
        """Take words as a deployment writes them."""
        return cls(*(frozenset(filter(None, map(folded, words))) for words in (opt_out, opt_in)))

    def wish(self, text: str) -> Wish | None:
        """Say what a message asks for; a word in both lists opts out."""
        said = folded(text)
        if said in self.opt_out:
            return Wish.OPT_OUT
        return Wish.OPT_IN if said in self.opt_in else None


def folded(text: str) -> str:
    """Leave letters, digits and single spaces: no case, no accents, no punctuation (`¡Bájà!` is `baja`)."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (one for one in letters if one.isalnum() or one.isspace())
    return " ".join("".join(kept).split())
