"""Links and e-mail addresses in a text: with another letter they would lead somewhere else."""

import re

# One label of a name; the marks are those of a Latin letter that is not composed.
_LETTER = r"\w\u0300-\u036f-"
_LOCAL = rf"{_LETTER}.!#$%&'*+/=?^{{|}}~"
_REST = r"[^\s<>\"“”„«»]"
_TOP_LEVELS = re.compile(
    "ai|app|ar|biz|bo|br|ca|cl|cloud|club|co|com|cr|cu|de|dev|do|ec|edu|es|eu|fr|gob|gov|gt|hn|info|int|io|it|link|mil|"
    "mx|net|ni|online|org|pa|pe|pr|pt|py|shop|site|store|sv|tv|uk|us|uy|ve|xn--.+|xyz",
    re.IGNORECASE,
)
# Every alternative begins where the one before cannot go on, so that long texts take linear time.
_LINK = re.compile(
    rf"(?<![a-z])[a-z][a-z0-9+.-]{{1,20}}+://{_REST}+"
    rf"|(?<![{_LETTER}.@])www\.{_REST}+"
    rf"|(?<![{_LOCAL}])[{_LOCAL}]++@(?:[{_LETTER}]+\.)+[{_LETTER}]+(?:[/?]{_REST}*)?"
    rf"|(?<![{_LETTER}.@])(?P<name>(?:[{_LETTER}]+\.)+(?P<top>[a-z]{{2,24}}|xn--[a-z0-9-]+))(?![{_LETTER}])"
    rf"(?P<rest>(?::[0-9]{{1,5}})?[/?#]{_REST}*)?",
    re.IGNORECASE,
)
_NOT_AT_THE_END = (
    ".,;:!?'\")]}\u2013\u2014\u2018\u2019\u2026\u2039\u203a"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufe0f\ufeff"
)


def links(text: str) -> list[tuple[int, int]]:
    """Return begin and end of each link: with a scheme, `www.`, an e-mail address, or the name of a host.

    A name without a path is one only under a well-known top-level domain, for `llegó.Gracias` is none. Punctuation
    at the end, and quotation marks, do not belong to it.
    """
    if "." not in text and "://" not in text:
        return []
    return [
        (found.start(), found.start() + len(found[0].rstrip(_NOT_AT_THE_END)))
        for found in _LINK.finditer(text)
        if found["name"] is None or _is_host(found["name"], found["top"], with_path=found["rest"] is not None)
    ]


def _is_host(name: str, top: str, *, with_path: bool) -> bool:
    """Return True if a name with dots is a host's, not two sentences without a space between them."""
    return (top.islower() or name.isupper()) and (with_path or _TOP_LEVELS.fullmatch(top) is not None)
