"""Sending hours: when promotional messages may be sent, in one time zone.

Hours are local time. When clocks are set forward, the skipped hour does not exist; when they are set back, the repeated
hour counts both times.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, Self
from zoneinfo import ZoneInfo

ALL_DAYS: Final = "Mon-Sun 00:00-24:00"
AHEAD: Final = 60  # minutes for which `open_until` looks ahead
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_RULE = re.compile(r"([A-Za-z]+)(?:-([A-Za-z]+))? +(\d\d):(\d\d)-(\d\d):(\d\d)")
_MINUTES = 60
_DAY_MINUTES = 24 * _MINUTES


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """The minutes of each weekday in which messages may go out, except on some dates; times are epoch seconds."""

    zone: ZoneInfo
    open_minutes: tuple[frozenset[int], ...]  # of the day, for Monday to Sunday
    holidays: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, hours: str, holidays: str, zone: ZoneInfo) -> Self:
        """Read the parameters; hours that are empty are all hours.

        Raises:
            ValueError: one of them is malformed; it says which part, and what is expected.

        """
        minutes: list[set[int]] = [set() for _ in _DAYS]
        for days, span in _rules(hours or ALL_DAYS):
            for day in days:
                minutes[day].update(span)
        return cls(zone, tuple(map(frozenset, minutes)), frozenset(_dates(holidays)))

    def is_open(self, at: float) -> bool:
        """Return True if messages may go out at this second."""
        local = datetime.fromtimestamp(at // _MINUTES * _MINUTES, self.zone)  # nothing changes within a minute
        minute = local.hour * _MINUTES + local.minute
        return minute in self.open_minutes[local.weekday()] and local.date() not in self.holidays

    def next_opening(self, at: float) -> float:
        """Return the first second, from `at` on, at which messages may go out: `at` itself if they may then."""
        return at if self.is_open(at) else self._opening(at // _MINUTES)

    def open_until(self, at: float) -> float:
        """Return the first second after `at` at which no message may go out, or one an hour ahead if all may.

        That is `at` itself if none may go out then.
        """
        return self._closing(at // _MINUTES) if self.is_open(at) else at

    @lru_cache(maxsize=64)  # noqa: B019 (there is one object for each environment)
    def _opening(self, minute: float) -> float:
        while not self.is_open(minute * _MINUTES):
            minute += 1
        return minute * _MINUTES

    @lru_cache(maxsize=64)  # noqa: B019 (likewise)
    def _closing(self, minute: float) -> float:
        last = minute + AHEAD
        while minute < last and self.is_open(minute * _MINUTES):
            minute += 1
        return minute * _MINUTES


def _rules(written: str) -> Iterator[tuple[range, range]]:
    """Yield the weekdays and the minutes of the day of each rule."""
    for place, rule in enumerate(map(str.strip, written.split(",")), 1):
        try:
            read = _rule(rule)
        except ValueError as error:
            raise ValueError(f"PromotionalHours, rule {place}, {rule!r}: {error}") from None
        yield read


def _rule(rule: str) -> tuple[range, range]:
    found = _RULE.fullmatch(rule)
    if found is None:
        raise ValueError("write it as Mon-Fri 09:00-19:00 or Sat 10:00-14:00")
    first, last, *times = found.groups()
    opens, closes = (_minute(*map(int, times[at : at + 2])) for at in (0, 2))
    days = range(_weekday(first), _weekday(last or first) + 1)
    if not days:
        raise ValueError("a week begins on Mon; write two rules for days around Sunday")
    if opens >= closes:
        raise ValueError("it must end after it begins; write two rules for a night")
    return days, range(opens, closes)


def _weekday(name: str) -> int:
    if name not in _DAYS:
        raise ValueError(f"{name} is not one of {', '.join(_DAYS)}")
    return _DAYS.index(name)


def _minute(hour: int, minute: int) -> int:
    found = hour * _MINUTES + minute
    if minute >= _MINUTES or found > _DAY_MINUTES:
        raise ValueError(f"{hour:02}:{minute:02} is not a time from 00:00 to 24:00")
    return found


def _dates(written: str) -> Iterator[date]:
    for place, part in enumerate(map(str.strip, written.split(",")), 1):
        try:
            if part or place > 1:
                yield date.fromisoformat(part)
        except ValueError:
            raise ValueError(f"PromotionalHolidays, date {place}, {part!r}: write it as 2026-09-18") from None
