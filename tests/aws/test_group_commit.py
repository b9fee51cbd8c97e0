"""Group commit: what many threads want at the same time goes out in few calls, and each gets its own answer."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock

import pytest

from realtime_sms.aws.group_commit import GroupCommit
from tests.fakes.quiet import quiet

PATIENCE = 10  # seconds for what must come


class Commits:
    """Doubles each number; notes what came in one call, and how many calls were out at once."""

    def __init__(self, wait: Callable[[Sequence[int]], object] = len) -> None:
        self.groups: list[list[int]] = []
        self.most_at_once = 0
        self._at_once = 0
        self._wait = wait
        self._lock = Lock()

    def __call__(self, wants: Sequence[int]) -> list[int]:
        """Make the call."""
        with self._lock:
            self.groups.append(list(wants))
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self._wait(wants)
            return [2 * want for want in wants]
        finally:
            with self._lock:
                self._at_once -= 1


def _ask_all(group: GroupCommit[int, int], wants: Sequence[Sequence[int]]) -> list[Sequence[int]]:
    """Ask for each in a thread of its own, all of which are expected."""
    group.expect(len(wants))

    def ask(some: Sequence[int]) -> Sequence[int]:
        try:
            return group.ask(some)
        finally:
            group.expect(-1)

    with ThreadPoolExecutor(len(wants)) as threads:
        return list(threads.map(ask, wants))


def test_threads_that_all_wait_go_out_in_one_call_at_once() -> None:
    """Nobody else can come, so nobody is waited for."""
    commits = Commits()
    began = time.monotonic()
    answers = _ask_all(GroupCommit(commits, most=25, patience=PATIENCE), [[number] for number in range(8)])
    assert time.monotonic() - began < PATIENCE
    assert answers == [[2 * number] for number in range(8)]
    assert [sorted(group) for group in commits.groups] == [list(range(8))]


def test_a_call_takes_no_more_than_it_may() -> None:
    """What does not fit goes with the next, undivided."""
    commits = Commits()
    wants = [[10 * number + place for place in range(3)] for number in range(9)]
    assert _ask_all(GroupCommit(commits, most=7, patience=0.01), wants) == [[2 * one for one in some] for some in wants]
    assert sorted(one for group in commits.groups for one in group) == sorted(one for some in wants for one in some)
    assert max(map(len, commits.groups)) <= 7


def test_one_who_is_alone_waits_for_nobody() -> None:
    """Nobody else is expected."""
    began = time.monotonic()
    assert _ask_all(GroupCommit(Commits(), most=25, patience=PATIENCE), [[1]]) == [[2]]
    assert time.monotonic() - began < PATIENCE


def test_others_are_waited_for_no_longer_than_the_patience() -> None:
    """As where a thread is in a slow call of its own."""
    group = GroupCommit(Commits(), most=25, patience=0.01)
    group.expect(2)
    assert group.ask([1]) == [2]


def test_a_call_that_hangs_does_not_hold_up_all() -> None:
    """Two may be out at once, and no more."""
    over, in_time = Event(), list[bool]()

    def wait(wants: Sequence[int]) -> None:
        if 0 in wants:
            in_time.append(over.wait(PATIENCE))

    commits = Commits(wait)
    group = GroupCommit(commits, most=1, patience=0)
    with ThreadPoolExecutor(1) as slow:
        hanging = slow.submit(group.ask, [0])
        assert [list(group.ask([number])) for number in range(1, 5)] == [[2], [4], [6], [8]]
        over.set()
        assert hanging.result() == [0]
    assert in_time == [True]
    assert commits.most_at_once <= 2


def test_what_nothing_is_wanted_of_makes_no_call() -> None:
    """It has no answers."""
    commits = Commits()
    assert list(GroupCommit(commits, most=25, patience=PATIENCE).ask([])) == []
    assert commits.groups == []


def test_one_that_fails_in_our_own_code_fails_alone() -> None:
    """Those that went with it are tried again, each by itself."""

    def fail(wants: Sequence[int]) -> None:
        if 3 in wants:
            raise ZeroDivisionError

    commits = Commits(fail)
    group = GroupCommit(commits, most=25, patience=PATIENCE)
    group.expect(8)

    def ask(want: int) -> Sequence[int] | None:
        try:
            return group.ask([want])
        except ZeroDivisionError:
            return None
        finally:
            group.expect(-1)

    with quiet(), ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(8)))
    assert answers == [None if number == 3 else [2 * number] for number in range(8)]


def test_a_lone_failure_is_told_to_who_asked() -> None:
    """As it is."""

    def fail(_wants: Sequence[int]) -> None:
        raise ZeroDivisionError

    with quiet(), pytest.raises(ZeroDivisionError):
        GroupCommit(Commits(fail), most=25, patience=0).ask([1])
