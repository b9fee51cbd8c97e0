"""Validate a whole file before anything is sent: the bad rows with their lines, and the segments of the good ones.

Only a few numbers are kept of each row, 35 bytes in arrays, however long its text is.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from json import dumps

from realtime_sms.encoding.charset import decode
from rtsms.bulk.columns import label
from rtsms.bulk.mail_merge import BadRowError, GoodRow, MailMerge
from rtsms.bulk.sheet import Row, Sheet

BAD = 0  # the number of a row that is not sent
_FINGERPRINT_DIGITS = 16
_64_BITS = 2**64 - 1
_UNICODE, _UNUSUAL = 1, 2  # flags of a row


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be sent, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True)
class FirstText:
    """The first text that is sent, as a phone gets it."""

    number: int = field(repr=False)
    text: str = field(repr=False)
    charset: int
    segments: int


def _numbers() -> array[int]:
    return array("Q")


@dataclass
class ValidatedFile:
    """A validated file; the arrays have one entry for each row, in the order of the file."""

    fingerprint: str = ""
    segments: int = 0  # of the good rows
    bad: int = 0
    repeated: int = 0  # rows with the number of an earlier row, but with another key
    numbers: array[int] = field(default_factory=_numbers, repr=False)
    keys: array[int] = field(default_factory=_numbers, repr=False)
    lines: array[int] = field(default_factory=_numbers, repr=False)
    hashes: array[int] = field(default_factory=_numbers, repr=False)
    first: FirstText | None = None
    unicode: int = 0  # good rows whose text needs Unicode
    forced_by: Counter[str] = field(default_factory=Counter, repr=False)  # characters, by the rows that have them
    unusual: array[int] = field(default_factory=_numbers, repr=False)  # lines of possible but unusual numbers

    @property
    def good(self) -> int:
        """Count the rows that can be sent."""
        return len(self.numbers) - self.bad


def validate(file: Sheet, merge: MailMerge, validated: ValidatedFile) -> Iterator[BadRow]:
    """Read a file into `validated`, and yield bad rows as they are found; duplicates come last."""
    digest = sha256(dumps(_settings(merge), sort_keys=True).encode())
    segments, flags = array("H"), array("B")
    for row in file.rows(digest.update):
        number, key, needed, flag = BAD, 0, 0, 0
        try:
            good = merge.check(row)
            number, key, needed = good.number, _hash_key(good.key), good.segments
            flag = _observe(good, validated)
        except BadRowError as error:
            yield BadRow(row.line, str(error))
        validated.numbers.append(number)
        validated.keys.append(key)
        validated.lines.append(row.line)
        validated.hashes.append(hash_row(row))
        segments.append(needed)
        flags.append(flag)
    validated.fingerprint = digest.hexdigest()[:_FINGERPRINT_DIGITS]
    yield from _drop_duplicates(merge, validated)
    validated.repeated = sum(1 for _ in _repeats(validated.numbers))
    validated.bad = validated.numbers.count(BAD)
    _sum_up(validated, segments, flags)


def _observe(good: GoodRow, validated: ValidatedFile) -> int:
    """Keep the first text and what forces Unicode; return the row's flags."""
    encoded = good.encoded
    if validated.first is None:
        text = decode(encoded.text, encoded.charset)
        validated.first = FirstText(good.number, text, encoded.charset, encoded.segments)
    validated.forced_by.update({one.character for one in encoded.forced_by})
    return (_UNICODE if encoded.alphabet == "ucs2" else 0) | (_UNUSUAL if good.is_unusual else 0)


def _sum_up(validated: ValidatedFile, segments: array[int], flags: array[int]) -> None:
    """Count over the good rows."""
    rows = zip(segments, flags, validated.numbers, validated.lines, strict=True)
    for needed, flag, number, line in rows:
        if number != BAD:
            validated.segments += needed
            validated.unicode += bool(flag & _UNICODE)
            if flag & _UNUSUAL:
                validated.unusual.append(line)


def hash_row(row: Row) -> int:
    """Hash a row, to notice when the file changes after its validation."""
    return hash(tuple(row.fields)) & _64_BITS


def _settings(merge: MailMerge) -> dict[str, object]:
    """Return what, together with the file, makes two campaigns the same."""
    return {
        "template": merge.template.text,
        "to": merge.recipient_column,
        "key": merge.key_column,
        "request": merge.request,
    }


def _drop_duplicates(merge: MailMerge, validated: ValidatedFile) -> Iterator[BadRow]:
    """Keep the first of the rows with one key: the others would have the same request id."""
    column = label(merge.key_column or merge.recipient_column, merge.columns)
    for again, first in sorted(_repeats(validated.keys)):
        validated.numbers[again] = BAD
        yield BadRow(validated.lines[again], f"{column}: the same as in line {validated.lines[first]}")


def _repeats(values: array[int]) -> Iterator[tuple[int, int]]:
    """Yield the index of each value that was there before, and the index of the first; 0 is no value."""
    ordered = sorted(range(len(values)), key=values.__getitem__)  # stable: the first one comes first
    first = 0
    for index in ordered:
        if values[index] != values[first] or index == ordered[0]:
            first = index
        elif values[index]:
            yield index, first


def _hash_key(key: str) -> int:
    """Hash a key to 64 bits, never to 0."""
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) or 1
