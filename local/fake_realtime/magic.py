"""Magic numbers: recipients that choose what becomes of the call, as one table.

All lie in +56 9 0000 xxxx: possible Chilean mobile numbers that the numbering plan gives to nobody, so that a test
message which reaches the real vendor by mistake reaches no phone. `+56900000000` has no row: it simply works.
"""

from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Final

from local.fake_realtime.report import DeliveryStatus

PREFIX: Final = "+5690000"


class Manner(Enum):
    """How an answer goes, or fails to go, over the wire."""

    WHOLE = auto()
    SLOW = auto()
    RESET = auto()
    CLOSE = auto()
    TRUNCATED = auto()
    GARBLED = auto()
    DRIP_HEAD = auto()
    DRIP_BODY = auto()


class Shape(Enum):
    """What the body of a 200 holds instead of one result for each recipient."""

    RESULTS = auto()
    GARBAGE = auto()
    TOO_FEW = auto()
    TOO_MANY = auto()
    OVERSIZE = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row: what happens to a call that names the number.

    `code` is the number's last four digits. `accepted` says whether the message reaches the handset. `first` limits the
    outcome to that many calls for a number, after which it simply works; None means every call.
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
        """The magic number in E.164."""
        return PREFIX + self.code

    @property
    def spoils_call(self) -> bool:
        """Whether the whole call suffers, not just one recipient's result."""
        return self.status != HTTPStatus.OK or self.manner is not Manner.WHOLE or self.shape is not Shape.RESULTS


SUBMITTED: Final = Outcome("submitted", "0000", "submitted and delivered")

_REFUSING = (301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 408, 413, 415, 422, 429, 500, 502, 503, 504)
_REFUSING_ONCE = (401, 408, 429, 500, 502, 503, 504)
_ACCEPTING = (302, 307, 408, 500, 502, 503, 504)

_MANNERS: Final[tuple[tuple[str, str, Manner, Shape], ...]] = (
    ("reset", "connection reset before the reply", Manner.RESET, Shape.RESULTS),
    ("close", "connection closed in order before the reply", Manner.CLOSE, Shape.RESULTS),
    ("truncated", "200 cut off in the middle of its body", Manner.TRUNCATED, Shape.RESULTS),
    ("garbled", "bytes that are neither HTTP nor a TLS record", Manner.GARBLED, Shape.RESULTS),
    ("slow", "reply later than a client waits", Manner.SLOW, Shape.RESULTS),
    ("drip_head", "200 a byte at a time from its first header on", Manner.DRIP_HEAD, Shape.RESULTS),
    ("drip_body", "200 whose body comes a byte at a time", Manner.DRIP_BODY, Shape.RESULTS),
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


def _accepted_yet(status: int) -> Outcome:
    name = f"http_{status}_accepted"
    return Outcome(name, f"2{status}", f"HTTP {status}, yet accepted", status=status)


def _broken(row: int, *, accepted: bool) -> Outcome:
    name, meaning, manner, shape = _MANNERS[row]
    if accepted:
        return Outcome(f"{name}_accepted", f"40{row + 1:02}", f"{meaning}; accepted", manner=manner, shape=shape)
    return Outcome(name, f"30{row + 1:02}", f"{meaning}; not accepted", accepted=False, manner=manner, shape=shape)


def _word(code: str, word: str, meaning: str, first: int | None = None) -> Outcome:
    name = word if first is None else f"{word}_first_{first}"
    return Outcome(name, code, meaning, word=word, accepted=False, first=first)


OUTCOMES: Final[tuple[Outcome, ...]] = (
    *(_refusal(status, status) for status in _REFUSING),
    *(_refusal(status, 1000 + status, first=1) for status in _REFUSING_ONCE),
    *(_accepted_yet(status) for status in _ACCEPTING),
    *(_broken(row, accepted=False) for row in range(len(_MANNERS))),
    *(_broken(row, accepted=True) for row in range(len(_MANNERS))),
    _word("5001", "account_no_balance", "account_no_balance, whatever the balance"),
    _word("5002", "account_no_balance", "account_no_balance the first time", first=1),
    _word("5003", "unknown_error", "unknown_error"),
    _word("5004", "unknown_error", "unknown_error the first time", first=1),
    _word("5005", "unknown_error", "unknown_error the first 2 times", first=2),
    Outcome("odd_word", "5006", "a status word nobody documented; not accepted", word="queued", accepted=False),
    Outcome("odd_word_accepted", "5007", "a status word nobody documented; accepted", word="queued"),
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
    """Give each magic number in E.164, the name of its outcome for `inject`, and its meaning."""
    return tuple((outcome.number, outcome.name, outcome.meaning) for outcome in OUTCOMES)
