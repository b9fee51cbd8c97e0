"""Sending hours: when they begin and end, by the local clock, also where it is changed."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from realtime_sms.requests.hours import Hours

SANTIAGO = ZoneInfo("America/Santiago")
WEEK = "Mon-Fri 09:00-19:00, Sat 10:00-14:00"
# In 2026 the clocks of Santiago go back on April 5 at 00:00 to 23:00, and forward on September 6 at 00:00 to 01:00.


def _hours(rules: str = WEEK, holidays: str = "") -> Hours:
    return Hours.parse(rules, holidays, SANTIAGO)


def _at(local: str, fold: int = 0) -> float:
    """Return the epoch seconds of a local time in Santiago; `fold` 1 is the second time that it comes."""
    return datetime.fromisoformat(local).replace(tzinfo=SANTIAGO, fold=fold).timestamp()


def _utc(written: str) -> float:
    return datetime.fromisoformat(written).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        pytest.param("2026-11-27T08:59:59.999", False, id="Friday, a moment before"),
        pytest.param("2026-11-27T09:00:00", True, id="Friday, the first second"),
        pytest.param("2026-11-27T18:59:59.999", True, id="Friday, the last moment"),
        pytest.param("2026-11-27T19:00:00", False, id="Friday, the second after"),
        pytest.param("2026-11-28T09:30:00", False, id="Saturday begins later"),
        pytest.param("2026-11-28T10:00:00", True, id="Saturday"),
        pytest.param("2026-11-29T12:00:00", False, id="Sunday"),
    ],
)
def test_hours_are_exact_to_the_second_at_both_ends(local: str, is_open: bool) -> None:  # noqa: FBT001
    """The second of the opening is in, that of the closing is not."""
    assert _hours().is_open(_at(local)) is is_open


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        pytest.param("2026-11-27T08:59:59", "2026-11-27T09:00:00", id="within a second"),
        pytest.param("2026-11-27T12:00:01", "2026-11-27T12:00:01", id="now, if it is open"),
        pytest.param("2026-11-27T19:00:00", "2026-11-28T10:00:00", id="the next day"),
        pytest.param("2026-11-28T14:00:00", "2026-11-30T09:00:00", id="after the weekend"),
    ],
)
def test_the_next_opening_is_the_first_second_that_is_open(now: str, opening: str) -> None:
    """From any second on."""
    assert _hours().next_opening(_at(now)) == _at(opening)


def test_open_time_ends_at_its_closing_and_is_looked_at_for_an_hour() -> None:
    """So whoever asks again in time misses no end."""
    hours = _hours()
    assert hours.open_until(_at("2026-11-27T18:59:59.5")) == _at("2026-11-27T19:00:00")
    assert hours.open_until(_at("2026-11-27T10:00:30")) == _at("2026-11-27T11:00:00")
    assert hours.open_until(_at("2026-11-27T20:00:00.25")) == _at("2026-11-27T20:00:00.25")


def test_nothing_goes_out_on_a_holiday() -> None:
    """It is closed from midnight to midnight, also if there are no rules."""
    holidays = "2026-09-18, 2026-09-19"
    assert _hours(holidays=holidays).next_opening(_at("2026-09-17T19:00:00")) == _at("2026-09-21T09:00:00")
    always = _hours("", holidays)
    assert always.is_open(_at("2026-09-17T23:59:59"))
    assert always.next_opening(_at("2026-09-18T00:00:00")) == _at("2026-09-20T00:00:00")


def test_two_rules_of_a_day_add_up() -> None:
    """Such as a pause at noon, or a night of which each day has a part."""
    hours = _hours("Mon 09:00-13:00, Mon 15:00-19:00, Sun 22:00-24:00, Mon 00:00-02:00")
    assert hours.next_opening(_at("2026-11-30T13:00:00")) == _at("2026-11-30T15:00:00")
    assert hours.open_until(_at("2026-11-29T23:30:00")) == _at("2026-11-30T00:30:00")
    assert hours.open_until(_at("2026-11-30T01:30:00")) == _at("2026-11-30T02:00:00")


@pytest.mark.parametrize(
    ("day", "opening"),
    [
        pytest.param("2026-04-04", "2026-04-04T12:00:00", id="before the clocks go back"),
        pytest.param("2026-04-05", "2026-04-05T13:00:00", id="after"),
        pytest.param("2026-09-05", "2026-09-05T13:00:00", id="before the clocks go forward"),
        pytest.param("2026-09-06", "2026-09-06T12:00:00", id="after"),
    ],
)
def test_an_opening_follows_the_local_clock(day: str, opening: str) -> None:
    """Nine in the morning is another hour of UTC in summer than in winter."""
    assert _hours("Mon-Sun 09:00-19:00").next_opening(_at(f"{day}T06:00:00")) == _utc(opening)


def test_an_hour_that_the_clocks_skip_does_not_exist() -> None:
    """Hours that begin in it begin where it ends; hours around it are an hour shorter."""
    inside, around = _hours("Sun 00:30-02:00"), _hours("Sat 22:00-24:00, Sun 00:00-02:00")
    jump = _utc("2026-09-06T04:00:00")  # 00:00 of UTC-4, and 01:00 of UTC-3
    assert inside.next_opening(jump - 3600) == jump
    assert not inside.is_open(jump - 0.5)
    assert inside.open_until(jump + 1800) == jump + 3600
    assert [around.is_open(jump + second) for second in (-7201, -7200, -1, 0, 3599, 3600)] == [
        False,
        *[True] * 4,
        False,
    ]


def test_an_hour_that_comes_twice_counts_twice() -> None:
    """Hours that end in it end twice; hours around it are an hour longer."""
    inside, around = _hours("Sat 20:00-23:30"), _hours("Sat 22:00-24:00")
    first, second = _at("2026-04-04T23:30:00"), _at("2026-04-04T23:30:00", fold=1)
    assert second - first == 3600
    assert inside.open_until(first - 1) == first
    assert inside.next_opening(first) == second - 1800
    assert inside.open_until(second - 1) == second
    assert not inside.is_open(second)
    start = _at("2026-04-04T22:00:00")
    assert [around.is_open(start + second) for second in (-1, 0, 10799, 10800)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("Mon-Fri", "PromotionalHours, rule 1, 'Mon-Fri': write it as"),
        ("Mon-Fri 9-19", "write it as"),
        ("Mon-Fri 09:00-19:00,", "PromotionalHours, rule 2, '': write it as"),
        ("Mon-Fri 09:00-19:00; Sat 10:00-14:00", "write it as"),
        ("Mon-Fri 09:00-19:00, Sab 10:00-14:00", "rule 2, 'Sab 10:00-14:00': Sab is not one of Mon"),
        ("Sat-Mon 09:00-19:00", "a week begins on Mon"),
        ("Mon 19:00-09:00", "it must end after it begins"),
        ("Mon 09:00-09:00", "it must end after it begins"),
        ("Mon 09:60-19:00", "09:60 is not a time"),
        ("Mon 09:00-24:01", "24:01 is not a time"),
    ],
)
def test_a_malformed_rule_is_refused_with_what_is_wrong_and_where(rules: str, says: str) -> None:
    """The error names the parameter, the rule, and what is expected."""
    with pytest.raises(ValueError, match="PromotionalHours") as caught:
        _hours(rules)
    assert says in str(caught.value)


@pytest.mark.parametrize(("days", "place"), [("18.9.2026", 1), ("2026-09-18,2026-02-30", 2), ("2026-09-18,", 2)])
def test_a_malformed_holiday_is_refused_with_its_place(days: str, place: int) -> None:
    """Also a day that no month has."""
    with pytest.raises(ValueError, match=f"PromotionalHolidays, date {place}"):
        _hours(holidays=days)
