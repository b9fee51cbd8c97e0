"""Magic numbers: recipients that choose the result of the call, by `magic.csv`; and which call gets which result.

All are +56 9 0000 xxxx: possible Chilean mobile numbers that are assigned to nobody, so that a test message that is
sent through the real RealTime by mistake reaches no phone. `+56900000000` has no row: it works.
"""

import csv
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from local.fake_realtime.callbacks import DeliveryStatus

PREFIX: Final = "+5690000"

type Operation = Literal["sms", "auth", "balance", "info"]


# How an answer is sent over the wire, or broken.
Manner = StrEnum("Manner", ("WHOLE", "SLOW", "RESET", "CLOSE", "TRUNCATED", "GARBLED", "DRIP_HEAD", "DRIP_BODY"))
# What the body of a 200 contains; RESULTS is one result for each recipient.
Shape = StrEnum("Shape", ("RESULTS", "GARBAGE", "TOO_FEW", "TOO_MANY", "OVERSIZE"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table: what happens to a call with this recipient.

    `code` is the number's last four digits. `accepted` is whether the message reaches the handset. `first` limits the
    outcome to that many calls for a number, after which it works; None means every call.
    """

    name: str
    code: str
    meaning: str
    status: int = HTTPStatus.OK
    word: str = "submitted"
    accepted: bool = True
    manner: Manner = Manner.WHOLE
    shape: Shape = Shape.RESULTS
    first: int | None = None
    retry_after: bool = False
    delivery: DeliveryStatus = DeliveryStatus.DELIVERED

    @property
    def number(self) -> str:
        return PREFIX + self.code

    @property
    def spoils_call(self) -> bool:
        """Whether it applies to the whole call, not only to one recipient's result."""
        return self.status != HTTPStatus.OK or self.manner is not Manner.WHOLE or self.shape is not Shape.RESULTS


SUBMITTED: Final = Outcome("submitted", "0000", "submitted and delivered")


def _read_table() -> Iterator[Outcome]:
    with Path(__file__).with_name("magic.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            yield _OUTCOME.validate_python({name: value for name, value in row.items() if value})


_OUTCOME: Final = TypeAdapter(Outcome)
OUTCOMES: Final = tuple(_read_table())
BY_NAME: Final = {outcome.name: outcome for outcome in (SUBMITTED, *OUTCOMES)}
BY_NUMBER: Final = {outcome.number: outcome for outcome in OUTCOMES}


def magic_rows() -> tuple[tuple[str, str, str], ...]:
    """Return each magic number in E.164, the name of its outcome, and its meaning."""
    return tuple((outcome.number, outcome.name, outcome.meaning) for outcome in OUTCOMES)


class Faults:
    """Chooses the outcome of each call: an injected one first, then an assigned one, then the magic number's.

    Not thread-safe. Methods that take a name raise KeyError if the table has no such outcome.
    """

    def __init__(self) -> None:
        self._injected: dict[str, deque[Outcome]] = {}
        self._assigned: dict[str, Outcome] = {}
        self._calls: Counter[str] = Counter()

    def inject(self, name: str, calls: int, operation: Operation) -> None:
        self._injected.setdefault(operation, deque()).extend([BY_NAME[name]] * calls)

    def assign(self, recipient: str, name: str) -> None:
        self._assigned[recipient] = BY_NAME[name]
        del self._calls[recipient]

    def next_for(self, operation: Operation) -> Outcome | None:
        """Take the outcome that is injected for the next call of an operation."""
        waiting = self._injected.get(operation)
        return waiting.popleft() if waiting else None

    def choose(self, recipients: Iterable[str]) -> list[Outcome]:
        """Return an outcome for each recipient of a *Send SMS* call; one that spoils the call applies to all."""
        injected = self.next_for("sms")
        outcomes = [injected or self._of(recipient) for recipient in recipients]
        spoiling = next((outcome for outcome in outcomes if outcome.spoils_call), None)
        return outcomes if spoiling is None else [spoiling] * len(outcomes)

    def _of(self, recipient: str) -> Outcome:
        outcome = self._assigned.get(recipient) or BY_NUMBER.get(recipient)
        if outcome is None:
            return SUBMITTED
        self._calls[recipient] += 1
        spent = outcome.first is not None and self._calls[recipient] > outcome.first
        return SUBMITTED if spent else outcome
