"""What is tried: the messages, the workers, the rules, and how much may go wrong."""

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple, Self

from realtime_sms.aws.item import iso
from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.prepare import Defaults
from send.limits import Limits

START = 1_000_000_000.0  # epoch seconds; the world returns to it whenever it is at rest
INVOCATION = 60.0  # seconds, as the template has it
VISIBILITY = 360.0  # seconds, as the template has it
DEFAULTS = Defaults(region="CL", sender="96000")


class Bounds(NamedTuple):
    """How often something may go wrong in one history; a pause of all that are at work is one of the faults."""

    crashes: int = 0
    duplicates: int = 0
    faults: int = 0
    pauses: int = 1

    @property
    def harms(self) -> int:
        """Give how many things may go wrong in all."""
        return self.crashes + self.duplicates + self.faults


_NOTHING_WRONG = Bounds()


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that a producer put on the queue; `expires_after` in seconds."""

    numbers: tuple[str, ...]
    text: str = "a"
    request_id: str = "r"
    expires_after: float | None = None
    resend: bool = False

    def body(self, expires_at: float | None) -> str:
        """Give the message's body, as it reads when it expires then."""
        return _body(self, expires_at)


@cache
def _body(sent: Sent, expires_at: float | None) -> str:
    request = {
        "requestId": sent.request_id,
        "recipients": list(sent.numbers),
        "message": {"text": sent.text},
        "onUnknown": "resend" if sent.resend else "keep",
    }
    return json.dumps(request if expires_at is None else request | {"expiresAt": iso(expires_at)})


@dataclass(frozen=True, slots=True)
class Scenario:
    """One world to be tried in every order; `answers` are RealTime's, by name, besides acceptance."""

    name: str
    sent: tuple[Sent, ...]
    workers: int = 2
    bounds: Bounds = _NOTHING_WRONG
    answers: tuple[str, ...] = ()
    recipients_per_call: int = 1
    calls_in_flight: int = 2
    store_faults: bool = True  # of the queue as well
    secret_faults: bool = False
    sweeps: bool = False  # the watch function looks for leases that are over
    opted_out: frozenset[str] = frozenset()  # numbers that are on the list from the beginning
    rules: Rules = field(default=Rules(max_attempts=3, provider_error_attempts=2, first_delay=5, longest_delay=20))

    @property
    def limits(self) -> Limits:
        """Give what one environment does at once."""
        return Limits(self.calls_in_flight, self.recipients_per_call, call_seconds=10)

    @property
    def resend(self) -> bool:
        """Say whether duplicates are allowed."""
        return any(sent.resend for sent in self.sent)

    def within(self, bounds: Bounds) -> Self:
        """Give the same world with other bounds."""
        return replace(self, bounds=bounds)

    def by_fault(self) -> list[Self]:
        """Give the same world with faults of RealTime only, of AWS only, and of both; where one has none, once."""
        if not self.answers or not self.store_faults:
            return [self]
        theirs = replace(self, name=f"{self.name}; RealTime's faults", store_faults=False)
        ours = replace(self, name=f"{self.name}; AWS's faults", answers=())
        return [theirs, ours, self]
