"""Group commit with real threads: each gets its own answer, once, and nobody waits who need not."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Barrier, BoundedSemaphore, Event, Lock, Semaphore
from typing import Self

import pytest

from local.model_checker.explorer import quiet
from realtime_sms.aws import group_commit
from realtime_sms.aws.group_commit import GroupCommit

MOST = 25
AT_ONCE = 2
ASKS = 20  # of each thread
_NEVER = 60.0  # seconds; a patience that would make a test fail
_LONG = 30  # seconds after which a test fails that waits in vain

type Want = tuple[int, int, int]  # thread, number of its ask, place in that


class CommitError(Exception):
    """What a commit raises."""


class Commits:
    """The call that carries out wants; it notes them, and checks what runs at the same time."""

    def __init__(self, *, fails: Callable[[int, Sequence[Want]], bool] = lambda _number, _wants: False) -> None:
        self.sizes: list[int] = []
        self.done = Counter[Want]()
        self.most_at_once = 0
        self._fails = fails
        self._running: list[Sequence[Want]] = []
        self._lock = Lock()

    def __call__(self, wants: Sequence[Want]) -> list[str]:
        """Carry out wants."""
        with self._lock:
            fails = self._fails(len(self.sizes), wants)
            self.sizes.append(len(wants))
            assert not {want for other in self._running for want in other} & set(wants)
            self._running.append(wants)
            self.most_at_once = max(self.most_at_once, len(self._running))
            if not fails:
                self.done.update(wants)
        self.run()
        with self._lock:
            self._running.remove(wants)
        if fails:
            raise CommitError
        return [f"answer to {want}" for want in wants]

    def run(self) -> None:
        """Take the time that a call takes."""


@pytest.fixture
def eager_switches() -> Iterator[None]:
    """Let threads be interrupted as often as can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def _ask_often(group: GroupCommit[Want, str], thread: int) -> list[Want]:
    """Ask for one to three things at a time, and check the answers; return what could not be done."""
    failed: list[Want] = []
    for ask in range(ASKS):
        wants = [(thread, ask, place) for place in range(1 + (thread + ask) % 3)]
        try:
            assert group.ask(wants) == [f"answer to {want}" for want in wants]
        except CommitError:
            failed += wants
    group.expect(-1)
    return failed


def _run(commits: Commits, threads: int) -> Counter[Want]:
    """Return what could not be done."""
    group = GroupCommit(commits, most=MOST, patience=0.001)
    group.expect(threads)
    with quiet(), ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(_ask_often, group, thread) for thread in range(threads)]
        return Counter(want for future in futures for want in future.result(_LONG))


def _wants(threads: int) -> Counter[Want]:
    return Counter(
        (thread, ask, place)
        for thread in range(threads)
        for ask in range(ASKS)
        for place in range(1 + (thread + ask) % 3)
    )


@pytest.mark.usefixtures("eager_switches")
@pytest.mark.parametrize("threads", [1, 2, 3, 5, 10, 24, 25, 26, 49, 50, 51, 74, 75])
def test_each_want_is_carried_out_once_and_gets_its_own_answer(threads: int) -> None:
    """And no call is larger than may be, nor are more calls out at once."""
    commits = Commits()
    assert not _run(commits, threads)
    assert commits.done == _wants(threads)
    assert max(commits.sizes) <= MOST
    assert commits.most_at_once <= AT_ONCE


@pytest.mark.usefixtures("eager_switches")
@pytest.mark.parametrize("threads", [1, 2, 25, 75])
def test_a_want_that_cannot_be_carried_out_fails_its_own_thread_alone(threads: int) -> None:
    """Whoever was in its group gets an answer, and nobody waits for ever."""

    def is_bad(want: Want) -> bool:
        return want[0] % 5 == 0 and want[1] % 4 == 1

    commits = Commits(fails=lambda _number, wants: any(map(is_bad, wants)))
    failed = _run(commits, threads)
    assert failed == Counter(filter(is_bad, _wants(threads)))
    assert commits.done == _wants(threads) - failed


class _Held(Commits):
    """Calls that are held until somebody lets them go; `out` counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = Event()
        self.out = Semaphore(0)

    def run(self) -> None:
        self.out.release()
        assert self.let_go.wait(_LONG)


class _Watched(Event):
    """An event that tells when it is waited for."""

    waits = Barrier(1)

    def wait(self, timeout: float | None = None) -> bool:
        """Tell, and wait."""
        if timeout is not None:
            type(self).waits.wait()
        return super().wait(timeout)

    @classmethod
    def telling(cls) -> type[Self]:
        """Return a class of its own, for one test."""
        return type("_Told", (cls,), {"waits": Barrier(2, timeout=_LONG)})


def _ask(pool: ThreadPoolExecutor, group: GroupCommit[Want, str], thread: int) -> Future[Sequence[str]]:
    return pool.submit(group.ask, [(thread, 0, 0)])


def test_a_thread_that_is_alone_waits_for_nobody() -> None:
    """However patient it is."""
    group = GroupCommit(Commits(), most=MOST, patience=_NEVER)
    group.expect(1)
    with ThreadPoolExecutor(1) as pool:
        assert _ask(pool, group, 0).result(_LONG) == ["answer to (0, 0, 0)"]


class _Gate:
    """A semaphore that notes who had to wait."""

    def __init__(self, value: int) -> None:
        self.free: SimpleQueue[bool] = SimpleQueue()
        self._places = BoundedSemaphore(value)

    def __enter__(self) -> None:
        free = self._places.acquire(blocking=False)
        self.free.put(free)
        if not free:
            self._places.acquire()

    def __exit__(self, *_: object) -> None:
        self._places.release()


def test_groups_are_full_where_enough_threads_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's patience ends: 75 threads make three groups of 25, of which the last waits until a call is over."""
    commits, gate = _Held(), _Gate(AT_ONCE)
    group = GroupCommit(commits, most=MOST, patience=_NEVER)
    assert group._at_once._initial_value == AT_ONCE  # type: ignore[attr-defined]  # which its stub leaves out
    monkeypatch.setattr(group, "_at_once", gate)
    group.expect(3 * MOST)
    with ThreadPoolExecutor(3 * MOST) as pool:
        futures = [_ask(pool, group, thread) for thread in range(3 * MOST)]
        assert [gate.free.get(timeout=_LONG) for _ in range(3)] == [True, True, False]
        commits.let_go.set()
        assert [future.result(_LONG) for future in futures] == [[f"answer to {(n, 0, 0)}"] for n in range(3 * MOST)]
    assert commits.sizes == [MOST] * 3
    assert commits.most_at_once == AT_ONCE


def test_a_group_goes_when_all_who_are_expected_wait() -> None:
    """Those wait too whose call is out."""
    commits = _Held()
    group = GroupCommit(commits, most=MOST, patience=_NEVER)
    group.expect(1)
    with ThreadPoolExecutor(2) as pool:
        first = _ask(pool, group, 0)
        assert commits.out.acquire(timeout=_LONG)
        group.expect(1)
        second = _ask(pool, group, 1)
        assert commits.out.acquire(timeout=_LONG)
        commits.let_go.set()
        assert [first.result(_LONG), second.result(_LONG)] == [["answer to (0, 0, 0)"], ["answer to (1, 0, 0)"]]


@pytest.mark.parametrize("fails", [False, True])
def test_who_has_its_answer_is_not_taken_to_wait(fails: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    """Two threads that ask again go together again, also if the first call failed and was made again for each."""
    commits = Commits(fails=lambda number, _wants: fails and number == 0)
    group = GroupCommit(commits, most=MOST, patience=_NEVER)
    group.expect(2)
    with quiet(), ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            for one in [_ask(pool, group, thread) for thread in range(2)]:
                one.result(_LONG)
    assert commits.sizes == ([2, 1, 1, 2] if fails else [2, 2])


def test_a_leader_goes_when_the_last_who_could_join_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits already when the other one ends."""
    told = _Watched.telling()
    monkeypatch.setattr(group_commit, "Event", told)
    group = GroupCommit(Commits(), most=MOST, patience=_NEVER)
    group.expect(2)
    with ThreadPoolExecutor(1) as pool:
        asked = _ask(pool, group, 0)
        told.waits.wait()
        group.expect(-1)
        assert asked.result(_LONG) == ["answer to (0, 0, 0)"]


def test_a_thread_that_wants_more_than_there_is_room_for_begins_a_group() -> None:
    """The group before it goes as it is."""
    commits = Commits()
    group = GroupCommit(commits, most=3, patience=_NEVER)
    group.expect(2)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(group.ask, [(thread, 0, 0), (thread, 0, 1)]) for thread in range(2)]
        for thread, one in enumerate(asked):
            assert one.result(_LONG) == [f"answer to {(thread, 0, place)}" for place in range(2)]
    assert commits.sizes == [2, 2]


def test_who_wants_nothing_asks_for_nothing() -> None:
    """No call is made."""
    commits = Commits()
    assert GroupCommit(commits, most=MOST, patience=_NEVER).ask([]) == ()
    assert commits.sizes == []
