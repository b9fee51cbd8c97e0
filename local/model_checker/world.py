"""The world between two steps: time, table, queue, RealTime's count, and who is at work; cheap to copy."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

from local.model_checker.course import Course
from local.model_checker.scenario import START, Bounds
from local.model_checker.table import Items, at_rest, essence


class Message(NamedTuple):
    """One queue message, by its number in the scenario: when it is visible, and what became of it."""

    sent: int
    visible_at: float = START
    expires_at: float | None = None
    receives: int = 0
    gone: bool = False  # acknowledged
    buried: bool = False  # a copy is in the dead-letter queue


class Worker(NamedTuple):
    """An environment at work: where its code stands, on which messages, until when."""

    number: int
    course: Course
    batch: tuple[int, ...]
    ends: float


class Truth(NamedTuple):
    """What really happened to one recipient: how often accepted, if we were told so, if a call stayed open."""

    accepted: int = 0
    proven: bool = False
    open: bool = False


@dataclass(slots=True)
class World:
    """Everything; `broken` says which promise is, once one is. Copies share parts: a part is replaced, not changed."""

    messages: tuple[Message, ...]
    workers: tuple[Worker | None, ...]
    left: Bounds
    items: Items
    truth: dict[str, Truth]
    now: float = START
    started: int = 0
    disturbed: bool = False  # a crash, a pause, or a lost write: a submission may rightly end as unknown
    broken: str = ""

    def copy(self) -> "World":
        """Give a world of its own that is the same."""
        return World(
            self.messages,
            self.workers,
            self.left,
            self.items,
            self.truth,
            self.now,
            self.started,
            self.disturbed,
            self.broken,
        )

    @property
    def busy(self) -> bool:
        """Say whether anybody is at work."""
        return any(self.workers)

    @property
    def drained(self) -> bool:
        """Say whether the queue is empty and nobody is at work."""
        return not self.busy and all(message.gone for message in self.messages)

    def core(self) -> Hashable:
        """Give what decides the steps to come, but for how much may still go wrong.

        Which of two alike workers does it is not part of it.
        """
        return (
            self.now,
            self.messages,
            frozenset((work.course.serial, work.batch, work.ends) for work in self.workers if work),
            frozenset(map(essence, self.items.values())),
            tuple((truth.accepted, truth.proven) for truth in self.truth.values()),
        )

    def slack(self) -> int:
        """Give how much may still go wrong, and what excuses there are not, three bits for each and a bit between.

        Of two worlds with the same core, whatever can break a promise in one can break it in the other, if that has no
        less of anything.
        """
        packed = int(not self.disturbed)
        for much in (*self.left, *(not truth.open for truth in self.truth.values())):
            packed = packed << 4 | much
        return packed

    def settle(self) -> None:
        """Let time begin anew when nobody is at work; see `table.at_rest`."""
        if self.busy:
            return
        self.messages = tuple(
            one._replace(
                visible_at=START if one.gone else max(one.visible_at - self.now + START, START),
                expires_at=None if one.expires_at is None else max(one.expires_at - self.now + START, START),
            )
            for one in self.messages
        )
        self.items = {key: at_rest(item, self.now, START) for key, item in self.items.items()}
        self.now, self.started = START, 0
