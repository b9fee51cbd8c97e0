"""Magic numbers: recipients that choose the result of the call, as one table; and which call gets which result.

All are +56 9 0000 xxxx: possible Chilean mobile numbers that are assigned to nobody, so that a test message that is
sent through the real RealTime by mistake reaches no phone. `+56900000000` has no row: it works.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Final, Literal

from local.fake_realtime.callbacks import DeliveryStatus

PREFIX: Final = "+5690000"

type Operation = Literal["sms", "auth", "balance", "info"]


# How an answer is sent over the wire, or broken.
Manner = Enum("Manner", ("WHOLE", "SLOW", "RESET", "CLOSE", "TRUNCATED", "GARBLED", "DRIP_HEAD", "DRIP_BODY"))
# What the body of a 200 contains; RESULTS is one result for each recipient.
Shape = Enum("Shape", ("RESULTS", "GARBAGE", "TOO_FEW", "TOO_MANY", "OVERSIZE"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row: what happens to a call with this recipient.

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

_REFUSING = (301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 408, 413, 415, 422, 429, 500, 502, 503, 504)
_REFUSING_ONCE = (401, 408, 429, 500, 502, 503, 504)
_ACCEPTING = (302, 307, 408, 500, 502, 503, 504)

_BROKEN: Final[tuple[tuple[str, str, Manner, Shape], ...]] = (
    ("reset", "connection reset before the reply", Manner.RESET, Shape.RESULTS),
    ("close", "connection closed cleanly before the reply", Manner.CLOSE, Shape.RESULTS),
    ("truncated", "200 cut off in the middle of the body", Manner.TRUNCATED, Shape.RESULTS),
    ("garbled", "bytes that are neither HTTP nor TLS", Manner.GARBLED, Shape.RESULTS),
    ("slow", "reply comes later than a client waits", Manner.SLOW, Shape.RESULTS),
    ("drip_head", "200 sent byte by byte from the first header on", Manner.DRIP_HEAD, Shape.RESULTS),
    ("drip_body", "200 whose body is sent byte by byte", Manner.DRIP_BODY, Shape.RESULTS),
    ("oversize", "200 with a body of 10 MB", Manner.WHOLE, Shape.OVERSIZE),
    ("garbage", "200 whose body is not JSON", Manner.WHOLE, Shape.GARBAGE),
    ("too_few", "200 with one result too few", Manner.WHOLE, Shape.TOO_FEW),
    ("too_many", "200 with one result too many", Manner.WHOLE, Shape.TOO_MANY),
)


def _refusal(status: int, code: int, first: int | None = None) -> Outcome:
    times = "" if first is None else f", the first {first} time{'s' * (first > 1)}"
    name = f"http_{status}" if first is None else f"http_{status}_first_{first}"
    after = " with Retry-After" if status == HTTPStatus.TOO_MANY_REQUESTS else ""
    meaning = f"HTTP {status}{after}{times}; not accepted"
    return Outcome(name, f"{code:04}", meaning, status=status, accepted=False, first=first, retry_after=bool(after))


def _broken(*, accepted: bool) -> Iterator[Outcome]:
    name_end, group, meaning_end = ("_accepted", 40, "accepted") if accepted else ("", 30, "not accepted")
    for row, (name, meaning, manner, shape) in enumerate(_BROKEN, 1):
        yield Outcome(
            name + name_end,
            f"{group}{row:02}",
            f"{meaning}; {meaning_end}",
            accepted=accepted,
            manner=manner,
            shape=shape,
        )


def _word(code: str, word: str, meaning: str, first: int | None = None) -> Outcome:
    name = word if first is None else f"{word}_first_{first}"
    return Outcome(name, code, meaning, word=word, accepted=False, first=first)


OUTCOMES: Final[tuple[Outcome, ...]] = (
    *(_refusal(status, status) for status in _REFUSING),
    *(_refusal(status, 1000 + status, first=1) for status in _REFUSING_ONCE),
    *(Outcome(f"http_{code}_accepted", f"2{code}", f"HTTP {code}, but accepted", status=code) for code in _ACCEPTING),
    *_broken(accepted=False),
    *_broken(accepted=True),
    _word("5001", "account_no_balance", "account_no_balance, whatever the balance"),
    _word("5002", "account_no_balance", "account_no_balance the first time", first=1),
    _word("5003", "unknown_error", "unknown_error"),
    _word("5004", "unknown_error", "unknown_error the first time", first=1),
    _word("5005", "unknown_error", "unknown_error the first 2 times", first=2),
    Outcome("odd_word", "5006", "an undocumented status word; not accepted", word="queued", accepted=False),
    Outcome("odd_word_accepted", "5007", "an undocumented status word; accepted", word="queued"),
    Outcome("http_429_bare", "5008", "HTTP 429 without Retry-After; not accepted", status=429, accepted=False),
    *(
        Outcome(
            f"delivery_{delivery.name.lower()}",
            f"600{delivery}",
            f"submitted; delivery report {delivery.value} ({delivery.meaning})",
            delivery=delivery,
        )
        for delivery in DeliveryStatus
    ),
)

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
