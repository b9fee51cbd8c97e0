"""Caps: what they count, by which clock, and that many environments together never exceed them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from threading import Barrier
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from botocore.exceptions import ClientError

from realtime_sms.aws.caps import (
    Caps,
    DailyCap,
    RecipientCap,
    Window,
    daily_key,
    day_of,
    end_of,
    parse_windows,
    recipient_key,
)
from realtime_sms.aws.table import Table
from realtime_sms.outcomes.decide import Hold
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Reason
from tests.conftest import Store
from tests.fakes.quiet import quiet
from tests.fakes.submissions import NOW, SENDING

ZONE = ZoneInfo("America/Santiago")
TODAY = day_of(NOW, ZONE)
TOMORROW = Hold(Reason.DAILY_CAP, end_of(TODAY, ZONE))
NUMBERS = tuple(f"+569{number:08}" for number in range(10))
ENVIRONMENTS = 20


def claimed(number: int = 0, recipient: str = NUMBERS[0], segments: int = 1) -> Submission:
    """Return a claimed submission of a request of its own."""
    return replace(SENDING, request_id=f"r-{number}", recipient=recipient, segments=segments)


class Counting:
    """The table's client; counts its calls, fails if it is told to, and does something before each statement."""

    def __init__(self, store: Store, before: Callable[[], object] = lambda: None) -> None:
        self.store = store
        self.before = before
        self.calls = 0
        self.failing = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (a method of boto3)
        def called(**wanted: Any) -> Any:  # noqa: ANN401 (as boto3 takes it)
            self.calls += 1
            if self.failing:
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, name)
            if name == "batch_execute_statement":
                self.before()
            return getattr(self.store.client, name)(**wanted)

        return called


def _table(store: Store, client: object = None) -> Table:
    own: Any = client or store.client
    return Table(own, store.table)


def _daily(store: Store, most: int, client: object = None) -> DailyCap:
    return DailyCap(_table(store, client), most, ZONE, jitter=lambda: 0)


def _caps(daily: DailyCap | None = None, recipients: RecipientCap | None = None, now: float = NOW) -> Caps:
    return Caps(daily, recipients, now=lambda: now)


def _used(store: Store, day: date = TODAY) -> int:
    (item,) = _table(store).get_many([daily_key(day)])
    return int(item["used"]["N"])


def _in_twenty_threads(work: Callable[[int], Sequence[Any]]) -> list[Any]:
    """Do the work of twenty environments at once."""
    together = Barrier(ENVIRONMENTS)

    def one(number: int) -> Sequence[Any]:
        together.wait(30)
        return work(number)

    with ThreadPoolExecutor(ENVIRONMENTS) as pool:
        return [answer for answers in pool.map(one, range(ENVIRONMENTS)) for answer in answers]


# ---- the day


def test_a_day_is_used_up_to_the_last_segment_and_no_further(store: Store) -> None:
    """What does not fit waits for the next day; something smaller that comes after it may still fit."""
    caps = _caps(_daily(store, 10))
    wanted = [claimed(number, segments=segments) for number, segments in enumerate((4, 4, 4, 2, 1))]
    assert caps.count(wanted) == [None, None, TOMORROW, None, TOMORROW]
    assert _used(store) == 10


def test_a_full_day_costs_no_call(store: Store) -> None:
    """However many messages come in it."""
    client = Counting(store)
    caps = _caps(_daily(store, 1, client), RecipientCap(_table(store, client), [Window(9, 60)]))
    assert caps.count([claimed(0), claimed(1)]) == [None, TOMORROW]
    before = client.calls
    assert caps.count([claimed(number) for number in range(50)]) == [TOMORROW] * 50
    assert client.calls == before


def test_a_submission_is_counted_once(store: Store) -> None:
    """A later attempt is called without being counted, also on a full day."""
    caps = _caps(_daily(store, 1))
    again = replace(claimed(), counted=True)
    assert caps.count([claimed(), again]) == [None, None]
    assert caps.count([again]) == [None]
    assert _used(store) == 1


@pytest.mark.parametrize("most", [90, 3_000], ids=["exactly", "with segments reserved ahead"])
def test_twenty_environments_never_exceed_the_day(store: Store, most: int) -> None:
    """Each has its own idea of what is left; the counter's condition decides."""
    caps = [_caps(_daily(store, most)) for _ in range(ENVIRONMENTS)]
    segments = 1 if most < 100 else 50

    def work(number: int) -> list[Any]:
        return [
            answer
            for batch in range(5)
            for answer in caps[number].count([claimed(number * 100 + batch, segments=segments)] * 2)
        ]

    answers = _in_twenty_threads(work)
    sent = sum(segments for answer in answers if answer is None)
    assert {answer for answer in answers if answer} == {TOMORROW}
    assert most - ENVIRONMENTS * (most // 1_000) - segments < sent <= most
    assert sent <= _used(store) <= most


def test_what_is_reserved_ahead_saves_calls(store: Store) -> None:
    """So many environments do not wear out the one counter."""
    client = Counting(store)
    caps = _caps(_daily(store, 1_000_000, client))
    for number in range(102):
        assert caps.count([claimed(number)]) == [None]
    assert client.calls == 2


def test_a_new_day_has_its_own_count(store: Store) -> None:
    """What an environment has reserved ahead, or knows to be full, was of the day before."""
    at = [NOW]
    caps = Caps(_daily(store, 1), None, now=lambda: at[0])
    assert caps.count([claimed(0), claimed(1)]) == [None, TOMORROW]
    at[0] = TOMORROW.until - 0.001
    assert caps.count([claimed(1)]) == [TOMORROW]
    at[0] = TOMORROW.until
    assert caps.count([claimed(1)]) == [None]


def test_what_is_reserved_ahead_is_of_its_day(store: Store) -> None:
    """On the next day it is not used: that has a counter of its own."""
    at = [NOW]
    caps = Caps(_daily(store, 1_000), None, now=lambda: at[0])
    assert caps.count([claimed(0, segments=998)]) == [None]
    assert _used(store) == 999
    at[0] = TOMORROW.until
    assert caps.count([claimed(1)]) == [None]
    assert _used(store, day_of(at[0], ZONE)) == 2


def test_the_last_reserved_segment_is_used(store: Store) -> None:
    """Also when nothing is left that could be reserved."""
    caps = _caps(_daily(store, 1_000))
    assert caps.count([claimed(0, segments=999)]) == [None]
    assert _used(store) == 1_000
    assert caps.count([claimed(1), claimed(2)]) == [None, TOMORROW]


def test_a_cap_that_was_lowered_holds_at_once(store: Store) -> None:
    """More may be counted by then than it allows."""
    assert _caps(_daily(store, 10)).count([claimed(segments=8)]) == [None]
    assert _caps(_daily(store, 5)).count([claimed(1)]) == [TOMORROW]
    assert _daily(store, 5).percent(NOW) == 160


@pytest.mark.parametrize(
    ("day", "ends", "hours"),
    [
        (date(2027, 4, 3), datetime(2027, 4, 4, 4, tzinfo=UTC), 25),
        (date(2027, 9, 4), datetime(2027, 9, 5, 4, tzinfo=UTC), 24),
        (date(2027, 9, 5), datetime(2027, 9, 6, 3, tzinfo=UTC), 23),
        (date(2027, 12, 31), datetime(2028, 1, 1, 3, tzinfo=UTC), 24),
    ],
    ids=["clocks go back at its end", "clocks go forward at its end", "midnight does not exist", "a year ends"],
)
def test_a_day_is_that_of_santiago(day: date, ends: datetime, hours: int) -> None:
    """Clocks change at midnight there: one day has 25 hours, and one begins at one o'clock."""
    end = end_of(day, ZONE)
    assert end == ends.timestamp()
    assert day_of(end - 0.001, ZONE) == day
    assert day_of(end, ZONE) > day
    begin = end - hours * 3_600
    assert day_of(begin, ZONE) == day
    assert day_of(begin - 0.001, ZONE) < day


def test_a_table_that_does_not_answer_lets_nothing_out(store: Store) -> None:
    """And it is not counted: a later attempt is."""
    client = Counting(store)
    caps = _caps(_daily(store, 10, client), RecipientCap(_table(store, client), [Window(1, 60)]))
    client.failing = True
    with quiet():
        (answer,) = caps.count([claimed()])
    assert isinstance(answer, Hold)
    assert (answer.reason, NOW + 5 <= answer.until <= NOW + 10) == (Reason.NOT_STARTED, True)
    client.failing = False
    assert caps.count([claimed()]) == [None]


# ---- one recipient


def _recipients(store: Store, *windows: Window, client: object = None) -> RecipientCap:
    return RecipientCap(_table(store, client), windows)


def test_a_recipient_gets_so_many_and_no_more(store: Store) -> None:
    """Counted for each number by itself, whether the requests come together or not."""
    caps = _caps(recipients=_recipients(store, Window(2, 60)))
    some = [claimed(0), claimed(1), claimed(2), claimed(3, NUMBERS[1])]
    assert caps.count(some) == [None, None, Reason.RECIPIENT_CAP, None]
    assert caps.count([claimed(4), claimed(5, NUMBERS[1])]) == [Reason.RECIPIENT_CAP, None]


def test_no_window_of_that_length_has_more(store: Store) -> None:
    """Not only those that begin on the hour: the times themselves are kept."""
    windows = (Window(2, 60), Window(4, 600))
    cap, sent = _recipients(store, *windows), list[float]()
    for second in range(0, 1_300, 7):
        if cap.count([claimed(second)], NOW + second) == [None]:
            sent.append(second)
    for window in windows:
        assert max(sum(begin <= at < begin + window.seconds for at in sent) for begin in sent) == window.most
    assert sent[:5] == [0, 7, 63, 70, 602]


@pytest.mark.parametrize("refused", [0, 30])
def test_a_submission_that_is_counted_again_takes_no_second_place(store: Store, refused: float) -> None:
    """As after a count whose reply was lost, or a day that was full; it counts from then on."""
    cap = _recipients(store, Window(2, 60))
    for later in (0, refused):
        assert cap.count([claimed(0)], NOW + later) == [None]
    assert cap.count([claimed(1), claimed(2)], NOW + refused) == [None, Reason.RECIPIENT_CAP]
    assert cap.count([claimed(2)], NOW + 59 + refused) == [Reason.RECIPIENT_CAP]
    assert cap.count([claimed(0)], NOW + 59 + refused) == [None]


def test_an_attempt_after_one_that_may_be_sent_counts_anew(store: Store) -> None:
    """It may be a second SMS."""
    cap = _recipients(store, Window(1, 60))
    assert cap.count([claimed()], NOW) == [None]
    assert cap.count([replace(claimed(), maybe_sent=True, attempt=2)], NOW + 1) == [Reason.RECIPIENT_CAP]


def test_what_the_recipients_cap_refuses_does_not_use_up_the_day(store: Store) -> None:
    """A loop that floods one number stops nobody else."""
    caps = _caps(_daily(store, 2), _recipients(store, Window(1, 60)))
    assert caps.count([claimed(number) for number in range(9)]) == [None] + [Reason.RECIPIENT_CAP] * 8
    assert caps.count([claimed(10, NUMBERS[1])]) == [None]


def test_twenty_environments_never_exceed_a_recipients_cap(store: Store) -> None:
    """All want the same two numbers at once; whoever finds a list changed reads it again, or waits."""
    windows = [Window(7, 3_600)]
    caps = [_caps(recipients=_recipients(store, *windows)) for _ in range(ENVIRONMENTS)]

    def work(number: int) -> list[Any]:
        some = [claimed(number * 10 + one, NUMBERS[one % 2]) for one in range(4)]
        return list(zip(some, caps[number].count(some), strict=True))

    answers = _in_twenty_threads(work)
    for recipient in NUMBERS[:2]:
        of_one = [answer for one, answer in answers if one.recipient == recipient]
        (item,) = _table(store).get_many([recipient_key(recipient)])
        assert 1 <= of_one.count(None) <= len(item["sent"]["M"]) <= 7
        assert {answer.reason for answer in of_one if isinstance(answer, Hold)} <= {Reason.NOT_STARTED}


def test_a_list_that_keeps_changing_keeps_only_its_own_number_waiting(store: Store) -> None:
    """The others of the same call are counted."""
    own = _recipients(store, Window(9, 60))
    client = Counting(store, before=lambda: own.count([claimed(client.calls + 100)], NOW))
    answers = _recipients(store, Window(9, 60), client=client).count([claimed(0), claimed(1, NUMBERS[1])], NOW)
    assert isinstance(answers[0], Hold)
    assert answers[1] is None


def test_a_recipients_list_goes_when_no_window_needs_it(store: Store) -> None:
    """The number is in one known place, as everywhere in the table."""
    _recipients(store, Window(5, 3_600), Window(20, 86_400)).count([claimed()], NOW)
    (item,) = store.items()
    assert item["ttl"] == {"N": str(int(NOW) + 86_401)}
    assert item["recipient"] == {"S": NUMBERS[0]}
    assert NUMBERS[0] not in str({name: value for name, value in item.items() if name != "recipient"})


@pytest.mark.parametrize(
    ("written", "windows"),
    [
        ("", ()),
        ("5/1h", (Window(5, 3_600),)),
        ("5/1h,20/1d", (Window(5, 3_600), Window(20, 86_400))),
        ("1/30s,99/999m", (Window(1, 30), Window(99, 59_940))),
    ],
)
def test_windows_are_read(written: str, windows: tuple[Window, ...]) -> None:
    """As the parameter has them."""
    assert parse_windows(written) == windows


@pytest.mark.parametrize("written", ["5", "5/h", "0/1h", "5/0h", "5/1w", "5/1h,", ",5/1h", "5/1h 20/1d", "100/1d"])
def test_malformed_windows_are_refused(written: str) -> None:
    """The error says how they are written."""
    with pytest.raises(ValueError, match="5/1h,20/1d"):
        parse_windows(written)
