"""Recipients: what a producer wrote, parsed to E.164, with duplicates folded.

Source: ITU-T E.164 (at most 15 digits after `+`); numbering plans as the phonenumbers library knows them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import phonenumbers

from realtime_sms.requests.errors import Problem

_WRITTEN = re.compile(r"\+?[0-9 ().\-/]{3,40}")  # no letters: phonenumbers would read them as keypad digits
_LONGEST = 16  # characters: a plus sign and fifteen digits
_SHOWN = 6  # characters from which on a number may be somebody's, and is masked


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """A recipient that is no phone number: its index in the request's list, and why."""

    index: int
    problem: Problem

    @property
    def key(self) -> str:
        """Name its outcome: there is no E.164 number to name it by, so its place does."""
        return self.problem.where


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of one request: distinct E.164 numbers in the order given, and what could not be parsed."""

    numbers: tuple[str, ...] = field(repr=False)
    refused: tuple[RefusedRecipient, ...]


def parse_recipients(written: Sequence[str], region: str) -> Recipients:
    """Parse every entry; `region` (ISO 3166 alpha-2) is where a number without `+` is dialled."""
    numbers: dict[str, None] = {}
    refused: list[RefusedRecipient] = []
    for index, entry in enumerate(written):
        number = _e164(entry, region)
        if number is None:
            what = f"{_quoted(entry)} is not an E.164 number such as +56912345678, nor a number of {region}"
            refused.append(RefusedRecipient(index, Problem(f"recipients[{index}]", what)))
        else:
            numbers[number] = None
    return Recipients(tuple(numbers), tuple(refused))


def mask(number: str) -> str:
    """Shorten a number to its first three and last two characters, so that logs and errors cannot tell whose it is."""
    return number if len(number) < _SHOWN else f"{number[:3]}***{number[-2:]}"


def _quoted(entry: str) -> str:
    """Quote what looks like a number, masked; of anything else tell the length only, for it may be a text."""
    return f"'{mask(entry.strip())}'" if _WRITTEN.fullmatch(entry.strip()) else f"an entry of {len(entry)} characters"


def _e164(entry: str, region: str) -> str | None:
    """Give the E.164 form, or None; *possible* and not *valid*, because numbering plans grow before libraries do.

    A number that can be dialled within its own area only has no E.164 form: with the country's code it is another one.
    """
    if not _WRITTEN.fullmatch(entry.strip()):
        return None
    try:
        number = phonenumbers.parse(entry, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return formatted if len(formatted) <= _LONGEST else None
