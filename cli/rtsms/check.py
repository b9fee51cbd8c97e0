"""Checking a whole sheet before anything is sent: what is wrong in which line, and what the rest comes to.

What is kept of a row is a few numbers in arrays, 32 octets a row, however long its text is.
"""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from json import dumps

from rtsms.campaign import BadRowError, Campaign
from rtsms.sheet import Row, Sheet

BAD = 0  # in the place of a number: a row that is not sent
_FINGERPRINT = 16  # hexadecimal digits
_MASK = 2**64 - 1


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be sent, and why."""

    line: int
    why: str


@dataclass
class Checked:
    """A sheet that was read to its end; the arrays have one entry for each row, in the order of the file."""

    fingerprint: str = ""
    segments: int = 0
    bad: int = 0
    repeated: int = 0  # rows that go to a number that an earlier row goes to, under another key
    numbers: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    keys: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    lines: array[int] = field(default_factory=lambda: array("Q"), repr=False)
    marks: array[int] = field(default_factory=lambda: array("Q"), repr=False)

    @property
    def good(self) -> int:
        """Count the rows that can be sent."""
        return len(self.numbers) - self.bad


def check(sheet: Sheet, campaign: Campaign, checked: Checked) -> Iterator[BadRow]:
    """Read a sheet into `checked`, and give what is wrong as it is found; duplicates come last.

    Raises:
        Fault: the file cannot be read as a sheet.

    """
    digest = sha256(dumps(_identity(campaign), sort_keys=True).encode())
    segments = array("H")
    for row in sheet.rows(digest.update):
        number, key, needed, why = BAD, 0, 0, ""
        try:
            fitted = campaign.fit(row)
            number, key, needed = fitted.number, _short(fitted.key), fitted.segments
        except BadRowError as error:
            why = str(error)
        for kept, value in zip(
            (checked.numbers, checked.keys, checked.lines, checked.marks),
            (number, key, row.line, mark(row)),
            strict=True,
        ):
            kept.append(value)
        segments.append(needed)
        if why:
            yield BadRow(row.line, why)
    checked.fingerprint = digest.hexdigest()[:_FINGERPRINT]
    yield from _drop_duplicates(campaign, checked)
    checked.repeated = sum(1 for _ in _again(checked.numbers))
    checked.bad = checked.numbers.count(BAD)
    checked.segments = sum(needed for needed, number in zip(segments, checked.numbers, strict=True) if number != BAD)


def mark(row: Row) -> int:
    """Give a number by which a row that was changed meanwhile is told from what was checked."""
    return hash(tuple(row.fields)) & _MASK


def _identity(campaign: Campaign) -> Mapping[str, object]:
    """Give what, with the file, makes two campaigns the same."""
    return {
        "template": campaign.template.text,
        "to": campaign.recipient_column,
        "key": campaign.key_column,
        "request": campaign.request,
    }


def _drop_duplicates(campaign: Campaign, checked: Checked) -> Iterator[BadRow]:
    """Keep of the rows with one key the first: the others would have its request id."""
    column = campaign.key_column or campaign.recipient_column
    for again, first in sorted(_again(checked.keys)):
        checked.numbers[again] = BAD
        yield BadRow(checked.lines[again], f"{column}: the same as in line {checked.lines[first]}")


def _again(values: array[int]) -> Iterator[tuple[int, int]]:
    """Give the index of each value that was there before, and where; 0 is no value."""
    ordered = sorted(range(len(values)), key=values.__getitem__)  # stable, so the first of several comes first
    first = 0
    for index in ordered:
        if values[index] != values[first] or index == ordered[0]:
            first = index
        elif values[index]:
            yield index, first


def _short(key: str) -> int:
    """Shorten a key to 64 bits, and never to 0."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) or 1
