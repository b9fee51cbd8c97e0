"""The scenarios: the messages, the workers, the rules, and how much may go wrong.

The tests go to the bounds given here; `make simulate` goes further.
"""

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple, Self

from local.model_checker.provider import EVERY
from realtime_sms.outcomes.submission import Rules, iso
from realtime_sms.requests.prepare import Defaults

START = 1_000_000_000.0  # epoch seconds; the world returns to it whenever it is at rest
INVOCATION = 60.0  # seconds, as the template has it
VISIBILITY = 360.0  # seconds, as the template has it
CALL_SECONDS = 10.0  # a call's deadline
DEFAULTS = Defaults(region="CL", sender="96000")


class Bounds(NamedTuple):
    """How often something may go wrong in one history; a pause of all that are at work is one of the faults."""

    crashes: int = 0
    duplicates: int = 0
    faults: int = 0
    pauses: int = 1

    @property
    def harms(self) -> int:
        return self.crashes + self.duplicates + self.faults


_NOTHING_WRONG = Bounds()


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that a producer put on the queue; `expires_after` and `send_after` in seconds."""

    numbers: tuple[str, ...]
    text: str = "a"
    request_id: str = "r"
    expires_after: float | None = None
    resend: bool = False
    send_after: float | None = None
    promotional: bool = False

    @property
    def comes_again(self) -> bool:
        """Return True if another message may follow: from a schedule, or on the promotional queue."""
        return self.promotional or self.send_after is not None

    def body(self, expires_at: float | None = None, send_at: float | None = None) -> str:
        """Return the message's body, if it expires and is to be sent then."""
        return _body(self, expires_at, send_at)


@cache
def _body(sent: Sent, expires_at: float | None, send_at: float | None) -> str:
    request = {
        "requestId": sent.request_id,
        "recipients": list(sent.numbers),
        "message": {"text": sent.text},
        "onUnknown": "resend" if sent.resend else "keep",
    }
    request |= {"messageType": "promotional"} if sent.promotional else {}
    times = {"expiresAt": expires_at, "sendAt": send_at}
    return json.dumps(request | {name: iso(at) for name, at in times.items() if at is not None})


@dataclass(frozen=True, slots=True)
class Scenario:
    """One world to be tried in every order; `answers` are RealTime's, by name, besides acceptance."""

    name: str
    sent: tuple[Sent, ...]
    bounds: Bounds = _NOTHING_WRONG
    workers: int = 2
    answers: tuple[str, ...] = ()
    balances: tuple[str, ...] = ()  # RealTime's answers to *Get balance*, by name, besides a balance
    recipients_per_call: int = 1
    calls_in_flight: int = 2
    store_faults: bool = True  # of the queue as well
    secret_faults: bool = False
    sweeps: bool = False  # the maintenance function looks for leases that are over
    dead_letters: int = 0  # how often SQS moves a message to the dead-letter queue; an operator sends it back
    cancels: int = 0  # how often somebody cancels everything, one time after the other
    freezes: bool = False  # a pause stops what an environment knows of its remaining time, as freezing it does
    opted_out: frozenset[str] = frozenset()  # numbers that are on the list from the beginning
    unreadable: frozenset[str] = frozenset()  # numbers whose submissions a newer version of the code wrote
    rules: Rules = field(default=Rules(max_attempts=3, provider_error_attempts=2, first_delay=5, longest_delay=20))

    def of(self, number: int) -> Sent:
        """Return what a message of the world asks for: one that was sent, or that follows one of these."""
        return self.sent[number % len(self.sent)]

    def is_moved(self, number: int) -> bool:
        """Return True if a message is on the promotional queue."""
        return number >= len(self.sent) and self.of(number).promotional

    @property
    def is_reduced(self) -> bool:
        """Return True if an invocation that waits only for writes and calls gets the answer to the oldest.

        Two recipients already show what their answers do to each other, in every order; three and more would only
        repeat it, in orders that nobody can count.
        """
        return max(len(one.numbers) for one in self.sent) > _WHOLE

    def by_fault(self) -> list[Self]:
        """Return the same world with faults of RealTime only, of AWS only, and of both; itself if one has none."""
        if not self.answers or not self.store_faults:
            return [self]
        theirs = replace(self, name=f"{self.name}; RealTime's faults", store_faults=False)
        ours = replace(self, name=f"{self.name}; AWS's faults", answers=())
        return [theirs, ours, self]


ONE = ("+56911111111",)
TWO = ("+56911111111", "+56922222222")
THREE = (*TWO, "+56933333333")
OTHER = ("+56944444444", "+56955555555")
TOGETHER = (*EVERY, "first only")
_FEW = ("reply lost", "400", "503")  # one that is open, one for good, one for now
_WHOLE = 2  # recipients of a request up to which every order of answers is tried
FURTHEST = Bounds(crashes=3, duplicates=2, faults=3, pauses=0)

SCENARIOS = (
    Scenario("one recipient, two workers", (Sent(ONE),), Bounds(1, 1, 2), answers=EVERY),
    Scenario("the same, resending", (Sent(ONE, resend=True),), Bounds(1, 1, 1), answers=EVERY),
    Scenario("the same, expiring and swept", (Sent(ONE, expires_after=30),), Bounds(1, 0, 1), sweeps=True),
    Scenario(
        "the same, expiring, swept and resending",
        (Sent(ONE, expires_after=30, resend=True),),
        Bounds(1, 0, 1),
        answers=_FEW,
        sweeps=True,
    ),
    Scenario(
        "the same, with a token secret that fails",
        (Sent(ONE),),
        Bounds(1, 1, 2, 0),
        answers=("401",),
        secret_faults=True,
    ),
    Scenario(
        "the same, with a token of the wrong format",
        (Sent(ONE),),
        Bounds(1, 1, 3, 0),
        answers=("400",),
        balances=("400", "no reply"),
    ),
    Scenario("the same, to a wrong address", (Sent(ONE),), Bounds(1, 1, 2, 0), answers=("404",)),
    Scenario(
        "two recipients, one worker, to a wrong address", (Sent(TWO),), Bounds(0, 0, 2, 0), workers=1, answers=("404",)
    ),
    Scenario(
        "the same, AWS without faults",
        (Sent(TWO),),
        Bounds(0, 1, 2, 0),
        workers=1,
        answers=("404",),
        store_faults=False,
    ),
    Scenario("two recipients in two calls", (Sent(TWO),), Bounds(1, 1, 1), workers=1, answers=EVERY),
    Scenario("the same calls, resending", (Sent(TWO, resend=True),), Bounds(1, 1, 1), workers=1, answers=_FEW),
    Scenario("three recipients in three calls", (Sent(THREE),), Bounds(1, 0, 1, 0), workers=1, answers=_FEW),
    Scenario(
        "two recipients in one call", (Sent(TWO),), Bounds(1, 1, 1), workers=1, answers=TOGETHER, recipients_per_call=2
    ),
    Scenario(
        "the same call, two workers, resending",
        (Sent(TWO, resend=True),),
        Bounds(1, 1, 1, 0),
        answers=TOGETHER,
        recipients_per_call=2,
    ),
    Scenario("two recipients, two workers", (Sent(TWO),), Bounds(1, 1, 1, 0), answers=_FEW),
    Scenario("two requests in one batch", (Sent(ONE), Sent(OTHER[:1], "b", "q")), Bounds(1, 1, 1), workers=1),
    Scenario(
        "two recipients, one of whom has opted out",
        (Sent(TWO),),
        Bounds(1, 1, 1),
        workers=1,
        answers=("503",),
        opted_out=frozenset(ONE),
    ),
    Scenario("one recipient, later, two workers", (Sent(ONE, send_after=2000),), Bounds(1, 1, 1, 0), answers=_FEW),
    Scenario(
        "two texts under one id, one of them later",
        (Sent(ONE, send_after=2000), Sent(ONE, "b")),
        Bounds(0, 1, 1, 0),
        workers=1,
    ),
    Scenario("one recipient of a campaign, moved", (Sent(ONE, promotional=True),), Bounds(1, 1, 1, 0), answers=_FEW),
    Scenario(
        "a code and a campaign in one batch",
        (Sent(ONE, promotional=True), Sent(OTHER[:1], "b", "q")),
        Bounds(1, 1, 1, 0),
        workers=1,
    ),
    Scenario(
        "one recipient of a campaign, moved and cancelled",
        (Sent(ONE, promotional=True),),
        Bounds(0, 1, 1, 0),
        workers=1,
        cancels=1,
    ),
    Scenario("one recipient, cancelled", (Sent(ONE),), Bounds(1, 1, 1, 0), answers=_FEW, cancels=1),
    Scenario(
        "the same, resending, cancelled again",
        (Sent(ONE, resend=True),),
        Bounds(1, 0, 1, 0),
        workers=1,
        answers=_FEW,
        cancels=2,
    ),
    Scenario(
        "two recipients in one call, cancelled",
        (Sent(TWO),),
        Bounds(1, 0, 1, 0),
        workers=1,
        answers=("503", "reply lost"),
        recipients_per_call=2,
        cancels=1,
    ),
    Scenario(
        "one recipient, later, cancelled", (Sent(ONE, send_after=2000),), Bounds(0, 1, 1, 0), workers=1, cancels=1
    ),
    Scenario(
        "one recipient, expiring, swept and cancelled",
        (Sent(ONE, expires_after=30),),
        Bounds(1, 0, 1, 0),
        workers=1,
        answers=("503",),
        sweeps=True,
        cancels=1,
    ),
    Scenario(
        "one recipient, a dead letter that is sent back",
        (Sent(ONE),),
        Bounds(1, 1, 1, 0),
        workers=1,
        answers=_FEW,
        dead_letters=1,
    ),
    Scenario(
        "one recipient, a dead letter that is sent back and cancelled",
        (Sent(ONE),),
        Bounds(0, 1, 0, 0),
        workers=1,
        dead_letters=1,
        cancels=1,
    ),
    Scenario("two texts under one id", (Sent(ONE), Sent(ONE, "b")), Bounds(1, 1, 1), workers=1, answers=_FEW),
)
