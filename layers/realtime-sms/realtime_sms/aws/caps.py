"""Limit the segments that are sent in a day, and the messages that one recipient gets within a time.

Both caps are counted in the table after the claim and before the call, so after a crash fewer messages are sent than
allowed, never more. A submission is counted once, before its first call, and again only after an attempt that may have
been sent.
"""

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from threading import Lock
from typing import Any, Final
from zoneinfo import ZoneInfo

from realtime_sms.aws.rate_limit import chance
from realtime_sms.aws.table import (
    BATCH,
    CAPS,
    Item,
    Key,
    Statement,
    StoreUnavailableError,
    Table,
    Update,
    key_of,
    shard,
)
from realtime_sms.aws.telemetry import logger
from realtime_sms.outcomes.decide import Hold
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Reason

type CapAnswer = Hold | Reason | None  # Hold: wait. Reason: fail with it. None: make the call.

_SPREAD = 600  # seconds after midnight over which messages that waited for the next day are due
_AFTER_FAILURE = 5.0  # seconds, and at random up to as many more
_AHEAD = 50  # the most segments that an environment reserves beyond those that it needs now
_KEPT = 8 * 86_400  # seconds after its day for which a counter stays
_ROUNDS = 5  # times that a recipient's list is read again because somebody else changed it
_RECIPIENTS = tuple(f"{CAPS}.recipients-{number}" for number in range(32))  # one takes 1,000 writes a second
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WINDOW = "[1-9][0-9]?/[1-9][0-9]{0,2}[smhd]"
WINDOWS: Final = f"({_WINDOW}(,{_WINDOW})*)?"


@dataclass(frozen=True, slots=True)
class Window:
    """A limit: `most` messages to one recipient in any period of `seconds`."""

    most: int
    seconds: int


def parse_windows(written: str) -> tuple[Window, ...]:
    """Read windows such as `5/1h,20/1d`: five within an hour, twenty within a day.

    Raises:
        ValueError: it is malformed.

    """
    if not re.fullmatch(WINDOWS, written):
        raise ValueError("write MaxPerRecipient as 5/1h,20/1d: a number, a slash, and a time in s, m, h or d")
    parts = [part.split("/") for part in written.split(",") if part]
    return tuple(Window(int(most), int(span[:-1]) * _UNITS[span[-1]]) for most, span in parts)


def day_of(now: float, zone: ZoneInfo) -> date:
    """Return the date in a time zone at this epoch second."""
    return datetime.fromtimestamp(now, zone).date()


def end_of(day: date, zone: ZoneInfo) -> float:
    """Return the epoch second at which a day ends: 23, 24 or 25 hours after it began."""
    tomorrow = day + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()


def daily_key(day: date) -> Key:
    """Return the key of a day's counter."""
    return f"{CAPS}.{day.isoformat()}", CAPS


def recipient_key(number: str) -> Key:
    """Return the key of the list of a recipient's latest messages. Its sort key is the number in E.164."""
    return shard(number, _RECIPIENTS), number


class Caps:
    """The caps of the deployment, as one environment counts them; safe to use from several threads."""

    def __init__(
        self,
        daily: "DailyCap | None",
        recipients: "RecipientCap | None",
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._now = now
        # A day that is known to be full costs no call. The recipient's cap comes before the day's: what it refuses must
        # not use up the day.
        first, last = ([daily.refuse], [daily.count]) if daily else ([], [])
        self._steps = [*first, *([recipients.count] if recipients else []), *last]

    def count(self, claimed: Sequence[Submission]) -> list[CapAnswer]:
        """Count claimed submissions; return for each whether its call may be made."""
        now = self._now()
        answers: list[CapAnswer] = [None] * len(claimed)
        for step in self._steps:
            left = [place for place, one in enumerate(claimed) if answers[place] is None and not one.counted]
            if not left:
                break
            try:
                some = step([claimed[place] for place in left], now)
            except StoreUnavailableError as error:  # not counted, so no call may be made
                logger.warning("caps not counted", extra={"error": str(error)})
                some = [_later(now)] * len(left)
            for place, answer in zip(left, some, strict=True):
                answers[place] = answer
        return answers


def caps(table: Table, per_day: int, zone: ZoneInfo, per_recipient: Sequence[Window]) -> Caps | None:
    """Return the deployment's caps; None if both are off."""
    daily = DailyCap(table, per_day, zone) if per_day else None
    recipients = RecipientCap(table, per_recipient) if per_recipient else None
    return Caps(daily, recipients) if daily or recipients else None


class DailyCap:
    """Reserves segments from the counter of a day, never beyond the cap, and a few more than are needed now.

    Segments that an environment reserved and does not use are lost: at most 50, and at most a thousandth of the cap.

    Raises, from every method but `refuse`:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table, most: int, zone: ZoneInfo, *, jitter: Callable[[], float] = chance.random) -> None:
        self._table = table
        self._most = most
        self._zone = zone
        self._jitter = jitter
        self._ahead = min(_AHEAD, most // 1_000)
        self._lock = Lock()
        self._day = date.min
        self._left = self._spare = 0  # segments at most that nobody has reserved; segments reserved here and not used

    def percent(self, now: float) -> int:
        """Return the share of this day's segments that is reserved, in percent, rounded down."""
        return self._reserved(day_of(now, self._zone)) * 100 // self._most

    def is_full(self, now: float) -> bool:
        """Return True if less than a thousandth of this day's segments is left."""
        return (self._most - self._reserved(day_of(now, self._zone))) * 1_000 < self._most

    def refuse(self, claimed: Sequence[Submission], now: float) -> list[CapAnswer]:
        """Return the hold of each submission that is already known not to fit in this day; no call is made."""
        day = day_of(now, self._zone)
        with self._lock:
            left = self._left + self._spare if day == self._day else self._most
        return [None if _segments(one) <= left else self._tomorrow(day) for one in claimed]

    def count(self, claimed: Sequence[Submission], now: float) -> list[CapAnswer]:
        """Count segments in the order given; a submission that does not fit in this day waits for the next."""
        day = day_of(now, self._zone)
        with self._lock:
            if day != self._day:
                self._day, self._left, self._spare = day, self._most, 0
            fits = self._reserve([_segments(one) for one in claimed])
        return [None if fit else self._tomorrow(day) for fit in fits]

    def _reserve(self, wanted: Sequence[int]) -> list[bool]:
        while True:
            fits = _fitting(wanted, self._left + self._spare)
            used = sum(number for number, fit in zip(wanted, fits, strict=True) if fit)
            if used > self._spare and not self._add(min(self._left, used - self._spare + self._ahead)):
                continue  # others took some meanwhile; now it is known how many are left
            self._spare -= used
            return fits

    def _add(self, number: int) -> bool:
        """Reserve segments and return True; if fewer are left, read how many and return False."""
        update = Update(
            ("used = if_not_exists(used, :none) + :number", "#ttl = :ttl"),
            (),
            "attribute_not_exists(used) OR used <= :most",
            {
                ":none": {"N": "0"},
                ":number": {"N": str(number)},
                ":most": {"N": str(self._most - number)},
                ":ttl": {"N": str(int(end_of(self._day, self._zone)) + _KEPT)},
            },
            {"#ttl": "ttl"},
        )
        if self._table.update(daily_key(self._day), update):
            self._left -= number
            self._spare += number
            return True
        self._left = max(0, self._most - self._reserved(self._day))
        return False

    def _reserved(self, day: date) -> int:
        items = self._table.get_many([daily_key(day)])
        return int(items[0]["used"]["N"]) if items else 0

    def _tomorrow(self, day: date) -> Hold:
        return Hold(Reason.DAILY_CAP, end_of(day, self._zone) + _SPREAD * self._jitter())


class RecipientCap:
    """Counts messages to one recipient in one item with the times of the latest ones.

    The item is read, and replaced only if nobody else changed it. Each time has the mark of its submission, so that a
    submission that is counted again replaces its own time.

    Raises, from every method:
        StoreUnavailableError: the table did not answer.
    """

    def __init__(self, table: Table, windows: Sequence[Window]) -> None:
        self._table = table
        self._windows = windows
        self._longest = max(window.seconds for window in windows)

    def count(self, claimed: Sequence[Submission], now: float) -> list[CapAnswer]:
        """Count a message to each recipient; refuse those that would exceed one of the windows."""
        marks: dict[str, list[str]] = {}
        for one in claimed:
            marks.setdefault(one.recipient, []).append(_mark(one))
        allowed: dict[str, set[str]] = {}
        for _ in range(_ROUNDS):
            if left := [number for number in marks if number not in allowed]:
                allowed |= self._round({number: marks[number] for number in left}, now)
        return [
            _later(now)
            if (some := allowed.get(one.recipient)) is None
            else None
            if _mark(one) in some
            else Reason.RECIPIENT_CAP
            for one in claimed
        ]

    def _round(self, marks: Mapping[str, Iterable[str]], now: float) -> dict[str, set[str]]:
        """Count messages; return the allowed marks by number, but not for numbers whose list somebody else changed."""
        found = {key_of(item): item for item in self._table.get_many(map(recipient_key, marks))}
        allowed: dict[str, set[str]] = {}
        changes: dict[str, Statement] = {}
        for number, some in marks.items():
            item = found.get(recipient_key(number))
            times = {mark: at for mark, at in _times(item).items() if at > now - self._longest}
            allowed[number] = self._add(times, some, now)
            if allowed[number]:
                changes[number] = self._statement(number, item, times, now)
        for batch in batched(changes, BATCH, strict=False):
            codes = self._table.execute([changes[number] for number in batch])
            for number in (number for number, code in zip(batch, codes, strict=True) if code):
                del allowed[number]
        return allowed

    def _add(self, times: dict[str, float], marks: Iterable[str], now: float) -> set[str]:
        """Add the marks that are allowed now to `times`, and return them."""
        allowed = set()
        for mark in marks:
            others = [at for other, at in times.items() if other != mark]
            if all(sum(at > now - window.seconds for at in others) < window.most for window in self._windows):
                times[mark] = now
                allowed.add(mark)
        return allowed

    def _statement(self, number: str, item: Item | None, times: Mapping[str, float], now: float) -> Statement:
        key, version = recipient_key(number), {"S": secrets.token_hex(8)}
        sent = {"M": {mark: {"N": repr(at)} for mark, at in times.items()}}
        ttl = {"N": str(int(now) + self._longest + 1)}
        names = [{"S": part} for part in key]
        if item is None:
            pairs = "'requestId': ?, 'recipient': ?, 'sent': ?, 'version': ?, 'ttl': ?"
            return {
                "Statement": f'INSERT INTO "{self._table.name}" VALUE {{{pairs}}}',
                "Parameters": [*names, sent, version, ttl],
            }
        sets = 'SET "sent"=? SET "version"=? SET "ttl"=?'
        condition = '"requestId"=? AND "recipient"=? AND "version"=?'
        return {
            "Statement": f'UPDATE "{self._table.name}" {sets} WHERE {condition}',
            "Parameters": [sent, version, ttl, *names, item["version"]],
        }


def _later(now: float) -> Hold:
    return Hold(Reason.NOT_STARTED, now + _AFTER_FAILURE * (1 + chance.random()))


def _times(item: Mapping[str, Any] | None) -> dict[str, float]:
    return {mark: float(at["N"]) for mark, at in item["sent"]["M"].items()} if item else {}


def _mark(one: Submission) -> str:
    """Return the mark of a submission, which is new after an attempt that may have been sent."""
    name = f"{one.request_id} {one.attempt}" if one.maybe_sent else one.request_id
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _segments(one: Submission) -> int:
    return one.segments or 1


def _fitting(wanted: Sequence[int], left: int) -> list[bool]:
    """Return for each number True if it fits into what the numbers before it leave."""
    fits = []
    for number in wanted:
        fits.append(number <= left)
        left -= number if fits[-1] else 0
    return fits
