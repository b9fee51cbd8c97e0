"""Decide whether a message may be claimed, and whether its call may begin.

That depends on breakers, pauses, sending hours, time, leases, and slots of the rate limit.
"""

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

from realtime_sms.aws.breakers import Breaker, Breakers, OpenBreaker
from realtime_sms.aws.group_commit import GroupCommit
from realtime_sms.aws.rate_limit import REACH, RateLimit
from realtime_sms.outcomes.decide import Hold
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import MessageType
from send.sending_hours import SendingHours

WRITE_SECONDS = 6.0  # of an invocation, kept for recording what the last call brought
_LATE = 0.05  # seconds after its slot in which a call may still begin: the rate limit's tolerance
_SLOTS = 25  # reserved at once
_SHUT_SECONDS = 20.0  # that an invocation waits whose lane is shut: few messages are received until the lane is closed
_PATIENCE = 0.05  # seconds for which a reservation waits for others; slots come later anyway


class Invocation(Protocol):
    """The part of the Lambda context that is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the runtime ends it."""


class Clock:
    """Wall time in epoch seconds, what remains of one invocation, and the jitter of delays."""

    def __init__(self, invocation: Invocation) -> None:
        self._ends = time.monotonic() + invocation.get_remaining_time_in_millis() / 1000
        # A fraction in [0, 1) that varies delays, so that what failed together does not come back together. Its
        # generator is made here, since all environments of one snapshot begin with the same state of `random`.
        self.jitter = random.Random().random  # noqa: S311 (no secret)

    def now(self) -> float:
        """Return the epoch seconds."""
        return time.time()

    def remaining(self) -> float:
        """Return the seconds until the runtime ends the invocation."""
        return self._ends - time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Permit:
    """The right to claim; `slot` is when the call may begin (epoch seconds), where the account has a rate limit.

    The call of a `probe` may be made although this breaker is open, to find out whether it works again.
    """

    slot: float | None = None
    probe: OpenBreaker | None = None


class Admission:
    """What one invocation may still begin; safe to use from many threads.

    `call_seconds` is the deadline of a whole call. `shut` is set once a message is put off because its lane may not
    send.
    """

    def __init__(  # noqa: PLR0913 (the ports)
        self,
        breakers: Breakers,
        clock: Clock,
        *,
        call_seconds: float,
        rate_limit: RateLimit | None = None,
        hours: SendingHours | None = None,
        group: type[GroupCommit[Any, Any]] = GroupCommit,
    ) -> None:
        self._breakers = breakers
        self._clock = clock
        self._call_seconds = call_seconds
        self._rate_limit = rate_limit
        self.hours = hours
        self.shut = False
        self.reservations = group(self._reserve, most=_SLOTS, patience=_PATIENCE)
        self._halted = Event()
        self._slots_are_short = False

    @property
    def is_limited(self) -> bool:
        """Return True if a claim takes a slot of the rate limit, which is wasted if the claim fails."""
        return self._rate_limit is not None

    def halt(self) -> None:
        """Admit nothing more in this invocation."""
        self._halted.set()

    def to_claim(self, message: Message, count: int) -> Permit | None:
        """Wait for slots for so many recipients of a message; None if it may not be claimed now."""
        opened = self._breakers.open()
        if opened is not None or message.message_type in self._breakers.paused:
            return self._probe(opened, message)
        if self._rate_limit is None:
            return Permit() if self._may_begin() else None
        slots: list[float] = []
        while self._may_begin(REACH):
            answers = self.reservations.ask([message.message_type] * (count - len(slots)))
            slots += [slot for slot, _ in answers if slot is not None]
            if len(slots) == count:
                return Permit(max(slots))
            self._slots_are_short = True
            self._clock.sleep(max(0.0, answers[0][1] - self._clock.now()))
        return None

    def to_call(self, message: Message, permit: Permit, *, lease_until: float) -> bool:
        """Wait for the permit's slot, or for another where that was missed; return False if no call may be made.

        The lease is held against the wall clock, which goes on while an environment is frozen.
        """
        if permit.probe is not None:  # nothing else is sent beside it, so it needs no slot
            return self._may_call(message, lease_until, beside=permit.probe)
        slot = permit.slot
        while self._may_call(message, lease_until, slot):
            now = self._clock.now()
            if self._rate_limit is None:
                return True
            if slot is None or now > slot + _LATE:
                another = self.to_claim(message, len(message.recipients))
                slot = another.slot if another else None
                if another is None:
                    return False
            elif now < slot:
                self._clock.sleep(slot - now)
            else:
                return True
        return False

    def seconds_for_a_token(self) -> float:
        """Return how long a token may be waited for; after that there is still time to record that nothing was sent."""
        return self._clock.remaining() - WRITE_SECONDS

    def seconds_before_a_call(self) -> float:
        """Return how long a claim may still be tried, if a call is to follow it in this invocation."""
        return self._clock.remaining() - self._call_seconds - WRITE_SECONDS

    def only_time_is_short(self, *, called: bool) -> bool:
        """Return True if nothing but time keeps a message from being claimed."""
        return not self.shut and self._breakers.open() is None and (called or not self._slots_are_short)

    def outside_hours(self, message: Message, now: float) -> Hold | None:
        """Return until when a message is held because of the sending hours, if it is."""
        hold = self.hours.hold(message, now) if self.hours else None
        self.shut = self.shut or hold is not None
        return hold

    def latest(self, message: Message, lease_until: float) -> float:
        """Return the epoch second after which a message must not go out: at the end of its lease, or of its hours."""
        return self.hours.latest(message, self._clock.now(), lease_until) if self.hours else lease_until

    def wait_while_shut(self) -> None:
        """Wait, so that a lane that may not send is emptied slowly until maintenance has closed it."""
        self._clock.sleep(max(0.0, min(_SHUT_SECONDS, self._clock.remaining() - WRITE_SECONDS)))

    def may_ask(self) -> bool:
        """Return True if a call that sends nothing may be made: it still leaves time to record what was sent."""
        return self._clock.remaining() > self._call_seconds + WRITE_SECONDS

    def _may_begin(self, wait: float = 0, *, beside: OpenBreaker | None = None) -> bool:
        """Return True if a call may begin in so many seconds; `beside` is a breaker that may be open."""
        time_left = self._clock.remaining() > self._call_seconds + WRITE_SECONDS + wait
        return time_left and not self._halted.is_set() and (beside is not None or self._breakers.open() is None)

    def _may_call(
        self, message: Message, lease_until: float, slot: float | None = None, *, beside: OpenBreaker | None = None
    ) -> bool:
        now = self._clock.now()
        in_time = not message.is_expired(now) and now + self._call_seconds < lease_until
        if self.hours and not self.hours.may_send(message, max(now, slot or 0)):
            return False
        paused = message.message_type in self._breakers.paused
        return in_time and not paused and self._may_begin(beside=beside)

    def _probe(self, opened: OpenBreaker | None, message: Message) -> Permit | None:
        """Return the right to one call although a breaker is open, if that is how it closes, and it is time."""
        probed = opened if message.message_type not in self._breakers.paused else None
        may = probed is not None and probed.breaker is Breaker.ENDPOINT and self._may_begin(beside=probed)
        if probed and may and self._breakers.take_probe(probed):
            return Permit(probe=probed)
        self.shut = True
        return None

    def _reserve(self, wanted: Sequence[MessageType]) -> list[tuple[float | None, float]]:
        """Reserve a slot for a message of each type; return it, or None, and when it makes sense to ask again."""
        assert self._rate_limit is not None  # noqa: S101 (asked for only where there is one)
        counts = Counter(wanted)
        granted = {one: self._rate_limit.take(counts[one], one) for one in MessageType if counts[one]}
        slots = {one: iter(those.slots) for one, those in granted.items()}
        return [(next(slots[one], None), granted[one].ask_again) for one in wanted]
