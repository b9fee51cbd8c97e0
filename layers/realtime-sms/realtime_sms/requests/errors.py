"""Errors in an input: what is wrong, where, and what to do. All our refusals have this form."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import ClassVar

from realtime_sms.vocabulary import Reason

_MAY_BE_A_FIELD = re.compile(r"[A-Za-z_-]{1,32}")  # letters alone: no number and no token
_NEAR = 0.75  # difflib's ratio from which on a name is a misspelt field
_SPARE = 2  # characters more or less that a misspelt field may have
_STEP = re.compile(r"\.?([^\W\d][\w-]*)|\[([0-9]+)\]")
_AT = re.compile(r"line [0-9]+ column [0-9]+$")
_TOLD = 20  # problems that an error's text names; it is kept in the table and beside a dead letter, where room is short


def place(steps: Iterable[str | int], fields: Collection[str]) -> str:
    """Write a path into a JSON value.

    A name is quoted only if it is one of `fields` or looks like one misspelt: any other may be a text, a number or a
    token, so only its length is told.
    """
    return "".join(_written(step, fields) for step in steps).removeprefix(".")


def _written(step: str | int, fields: Collection[str]) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step in fields or _is_misspelt(step, fields) else f"[a name of {len(step)} characters]"


def _is_misspelt(name: str, fields: Collection[str]) -> bool:
    if not _MAY_BE_A_FIELD.fullmatch(name):
        return False
    written = name.lower()
    near = [field.lower() for field in fields if abs(len(field) - len(name)) <= _SPARE]
    return bool(difflib.get_close_matches(written, [one for one in near if one[0] == written[0]], 1, _NEAR))


def not_json(error: ValueError) -> str:
    """Say that a body is not JSON, and where it stops being; the parser's own words are not passed on."""
    found = _AT.search(str(error))
    return f"the body is not JSON: see {found[0]}" if found else "the body is not JSON"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `where` is a path such as `recipients[2]`, empty for the whole; `what` never quotes a text."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    @property
    def pointer(self) -> str:
        """Return the place as an RFC 6901 JSON pointer, as RFC 9457 problem documents want it.

        Where a name is not told, the pointer ends at what holds it.
        """
        pointer, end = "", 0
        while step := _STEP.match(self.where, end):
            name = step[step.lastindex or 0]
            pointer, end = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", step.end()
        return pointer


class InvalidInputError(ValueError):
    """Something a producer sent cannot be used; `problems` says all that is wrong, the text the first twenty."""

    reason: ClassVar[Reason] = Reason.INVALID_REQUEST

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - _TOLD
        told = "; ".join(map(str, self.problems[:_TOLD]))
        super().__init__(f"{told}; and {more} more" if more > 0 else told)
