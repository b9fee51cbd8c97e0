"""What is wrong with an input, where, and what to do: the one form in which every refusal of ours is told."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from realtime_sms.vocabulary import Reason

_NAME = re.compile(r"(?!(?:\D*\d){6})[\w.$:/~@-]{1,64}")  # no text (it would have spaces) and no phone number
_PLAIN = re.compile(r"[^\W\d][\w-]*")
_STEP = re.compile(r'\.?([^\W\d][\w-]*)|\[([0-9]+)\]|\["([^"]+)"\]')
_TOLD = 20  # problems that an error's text names; it is kept in the table and beside a dead letter, where room is short


def place(steps: Iterable[str | int]) -> str:
    """Write a path into a JSON value; of a name that may be a text or a phone number, only its length is told."""
    return "".join(map(_written, steps)).removeprefix(".")


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if not _NAME.fullmatch(step):
        return f"[a name of {len(step)} characters]"
    return f".{step}" if _PLAIN.fullmatch(step) else f'["{step}"]'


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `where` is a path such as `recipients[2]`, empty for the whole; `what` never quotes a text."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what

    @property
    def pointer(self) -> str:
        """Give the place as an RFC 6901 JSON pointer, as RFC 9457 problem documents want it.

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
