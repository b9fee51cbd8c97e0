"""What the send function asks of the world, and what it may be answered: plain values that can be compared."""

from dataclasses import dataclass, field

from local.model_checker.table import Item, Key, Statement
from realtime_sms.provider.calls import CallResult


@dataclass(frozen=True, slots=True)
class Execute:
    """BatchExecuteStatement."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """BatchGetItem."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Query of the index of open submissions: one shard, before a time."""

    shard: str
    until: str


@dataclass(frozen=True, slots=True)
class Put:
    """PutItem, of an item as a whole."""

    item: Item


@dataclass(frozen=True, slots=True)
class Trip:
    """UpdateItem, as the breakers open by it; `since` as the table has it."""

    breaker: str
    reason: str
    since: str


@dataclass(frozen=True, slots=True)
class Close:
    """UpdateItem, as the breakers close by it."""

    breaker: str


@dataclass(frozen=True, slots=True)
class Postpone:
    """ChangeMessageVisibilityBatch: message numbers with seconds."""

    delays: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """SendMessage to the dead-letter queue."""

    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Post:
    """The call to RealTime."""

    numbers: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Secret:
    """GetSecretValue, of the token."""


@dataclass(frozen=True, slots=True)
class Collect:
    """Nothing of the world: the wave looks which of its calls are over."""


type Request = Execute | Get | Query | Put | Trip | Close | Postpone | DeadLetter | Post | Secret | Collect


@dataclass(frozen=True, slots=True)
class Codes:
    """The result of each statement: empty, or the error's code."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The items that there are."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Fine:
    """It is done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The client raises: `throttled` says that nothing was done, else nobody knows."""

    throttled: bool


type Answer = Codes | Found | Fine | Failure | CallResult
