"""The breakers `balance`, `auth` and `endpoint`: while one is open no call goes out, and messages wait in the queue.

Their state is one item each in the table, read at most every few seconds by each environment. A breaker that opens
again soon after it was closed is held open longer each time, so that a wrong recovery costs few refused calls.

The maintenance function closes `balance` and `auth`. Nothing but *Send SMS* itself can show that its address works
again, so `endpoint` is probed by the send function: with one message at a time, and less often each time.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.lanes import LANE_KEYS, lanes_in
from realtime_sms.aws.table import BREAKERS, Key, StoreUnavailableError, Table, Update, epoch, key_of
from realtime_sms.aws.telemetry import Metric, counters, logger
from realtime_sms.provider.verdict import Kind
from realtime_sms.vocabulary import MessageType, Reason

_FRESH = 5.0  # seconds for which an environment believes what it read
_HOLD = 60.0  # seconds for which a breaker that opened again at once is held open, doubled each time
_LONGEST_HOLD = 1800.0
_CALM = 3600.0  # seconds closed after which earlier openings are forgotten
_SINCE = {"#since": "since"}


class Breaker(StrEnum):
    """What stops calls: no balance, no valid authorisation, or a wrong address."""

    BALANCE = "balance"
    AUTH = "auth"
    ENDPOINT = "endpoint"


_OPENINGS = {
    Breaker.BALANCE: Metric.BALANCE_BREAKER_OPENINGS,
    Breaker.AUTH: Metric.AUTH_BREAKER_OPENINGS,
    Breaker.ENDPOINT: Metric.ENDPOINT_BREAKER_OPENINGS,
}
BY_KIND = {
    Kind.NO_BALANCE: Breaker.BALANCE,
    Kind.UNAUTHORIZED: Breaker.AUTH,
    Kind.FORBIDDEN: Breaker.AUTH,
    Kind.WRONG_ADDRESS: Breaker.ENDPOINT,
}


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """An open breaker: why, since when (epoch seconds), how often it opened or was probed of late, and when last."""

    breaker: Breaker
    reason: Reason
    since: float
    times: int = 1
    probed_at: float = 0

    @property
    def held_until(self) -> float:
        """Return the epoch second before which it is not to be closed, or probed."""
        return max(self.since, self.probed_at) + (
            min(_HOLD * 2.0 ** (self.times - 2), _LONGEST_HOLD) if self.times > 1 else 0
        )


class Breakers:
    """All breakers, as one environment sees them; safe to use from many threads, of which one reads for all.

    `paused` are the lanes that an operator paused, and `forgetting` is True once a number was ever forgotten; both are
    read together with the breakers. Until that is known, `forgetting` is True: without a look for hashes, what was sent
    would be taken for new.
    """

    def __init__(self, table: Table, *, now: Callable[[], float] = time.time, fresh: float = _FRESH) -> None:
        self._table = table
        self._now = now
        self._fresh = fresh
        self.paused: frozenset[MessageType] = frozenset()
        self.forgetting = True
        self._known: dict[Breaker, OpenBreaker] = {}
        self._read_at = float("-inf")
        self._reading = threading.Lock()
        self._probing = threading.Lock()

    def open(self) -> OpenBreaker | None:
        """Return an open breaker, if there is one; what cannot be read is taken to be as it was."""
        if self._now() - self._read_at >= self._fresh and self._reading.acquire(blocking=False):
            try:
                self.refresh()
            finally:
                self._reading.release()
        return next(iter(self._known.values()), None)

    def refresh(self) -> bool:
        """Read all from the table now; return False if it did not answer.

        What was opened or closed here meanwhile is newer than what was read, and stays.
        """
        before = self._known
        try:
            items = self._table.get_many([*map(_key, Breaker), *LANE_KEYS, MARKER])
        except StoreUnavailableError:
            self.forgetting = True
            return False
        found = {one.breaker: one for one in _open_in(items)}
        self.forgetting = any(key_of(item) == MARKER for item in items)
        self.paused = frozenset(one.lane for one in lanes_in(items) if one.paused_since is not None)
        if self._known is before:
            self._known = found
        self._read_at = self._now()
        return True

    def read(self) -> list[OpenBreaker]:
        """Return those that are open in the table.

        Raises:
            StoreUnavailableError: it did not answer, or in part, so that one that is open may be missing.

        """
        return _open_in(self._table.get_many(map(_key, Breaker)))

    def all_open(self) -> list[OpenBreaker]:
        """Return every breaker that was open when last read."""
        return list(self._known.values())

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        """Open a breaker: at once for this environment, and in the table for all others.

        If the table does not take it, the others find out by a refused call of their own; so that is logged only.
        """
        if breaker in self._known:
            return
        now = self._now()
        self._known = {**self._known, breaker: OpenBreaker(breaker, reason, now)}
        self._read_at = now
        try:
            if self._record_opening(breaker, reason, now):
                counters.count(_OPENINGS[breaker])
        except StoreUnavailableError as error:
            logger.warning("breaker not recorded", extra={"breaker": breaker, "error": str(error)})

    def take_probe(self, opened: OpenBreaker) -> bool:
        """Return True if the caller may make one call although this breaker is open.

        One caller of all environments may, once the breaker has been held for long enough; then it is held for longer.
        """
        now = self._now()
        if opened.breaker is not Breaker.ENDPOINT or now < opened.held_until or self.all_open() != [opened]:
            return False
        with self._probing:
            if self._known.get(opened.breaker) != opened:  # another thread has taken it
                return False
            self._known = {opened.breaker: replace(opened, times=opened.times + 1, probed_at=now)}
        values = {":since": epoch(opened.since), ":times": {"N": str(opened.times)}}
        values |= {":more": {"N": str(opened.times + 1)}, ":probed": epoch(now)}
        same = "#since = :since AND times = :times"
        try:
            return self._table.update(
                _key(opened.breaker), Update(("times = :more", "probedAt = :probed"), (), same, values, _SINCE)
            )
        except StoreUnavailableError as error:
            logger.warning("probe not recorded", extra={"breaker": opened.breaker, "error": str(error)})
            return False

    def close(self, opened: OpenBreaker) -> bool:
        """Close a breaker for all; return False if it is another opening by now. Openings are remembered for an hour.

        Raises:
            StoreUnavailableError: the table did not take it.

        """
        self._known = {name: one for name, one in self._known.items() if name is not opened.breaker}
        values = {":since": epoch(opened.since), ":calm": epoch(self._now() + _CALM)}
        update = Update(("calmAt = :calm",), ("#since",), "#since = :since", values, _SINCE)
        return self._table.update(_key(opened.breaker), update)

    def _record_opening(self, breaker: Breaker, reason: Reason, now: float) -> bool:
        """Count one more opening, or the first one if the last is long past; leave a breaker that is open alone."""
        values = {":now": epoch(now), ":reason": {"S": reason}, ":one": {"N": "1"}}
        sets = ("#since = :now", "reason = :reason")
        closed = "attribute_not_exists(#since)"
        lately = f"{closed} AND (attribute_not_exists(calmAt) OR calmAt > :now)"
        again = ("times = if_not_exists(times, :none) + :one",)
        return self._table.update(
            _key(breaker), Update((*sets, *again), (), lately, values | {":none": {"N": "0"}}, _SINCE)
        ) or self._table.update(_key(breaker), Update((*sets, "times = :one"), (), closed, values, _SINCE))


def _key(breaker: Breaker) -> Key:
    return BREAKERS, breaker


def _open_in(items: Iterable[Mapping[str, Any]]) -> list[OpenBreaker]:
    return [_read(item) for item in items if "since" in item]


def _read(item: Mapping[str, Any]) -> OpenBreaker:
    reason: Any = item["reason"]["S"]  # a word of a newer version stays as it is: nothing is decided by it
    return OpenBreaker(
        Breaker(item["recipient"]["S"]),
        Reason(reason) if reason in Reason else reason,
        float(item["since"]["N"]),
        int(item["times"]["N"]),
        float(item["probedAt"]["N"]) if "probedAt" in item else 0,
    )
