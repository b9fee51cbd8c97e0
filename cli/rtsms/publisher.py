"""Putting many messages on the queue: ten a call, some calls at once, and what failed for now again."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import NamedTuple

from realtime_sms.aws.producer import QueueUnavailableError, Refusal

BATCH = 10  # messages a SendMessageBatch takes
_LARGEST = 256 * 1024  # octets that a batch has together; SQS takes more today, and did not always
_TRIES = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds


class Message(NamedTuple):
    """One row's message; `row` is its place in the file."""

    row: int
    body: str


@dataclass(frozen=True)
class Publisher:
    """Publishes from many threads; `send` gives for each body None, or why it was not taken."""

    send: Callable[[Sequence[str]], Sequence[Refusal | None]]
    sleep: Callable[[float], None]
    at_once: int

    def publish(self, messages: Iterable[Message], taken: Callable[[Sequence[int]], None]) -> None:
        """Publish all, and tell the rows that the queue took, batch by batch, in no order.

        `messages` is read no further ahead than what is in flight. Whatever ends this, Ctrl-C too, what is in flight is
        waited for and told.

        Raises:
            QueueUnavailableError: the queue did not take something; nothing more was begun.

        """
        flying: set[Future[_Delivered]] = set()
        with ThreadPoolExecutor(self.at_once) as pool:
            try:
                for batch in in_batches(messages):
                    flying.add(pool.submit(self._deliver, batch))
                    while len(flying) == self.at_once:
                        _tell_landed(flying, taken)
            finally:
                _tell_all(flying, taken)

    def _deliver(self, batch: Sequence[Message]) -> "_Delivered":
        delivered = _Delivered()
        left, pause = list(batch), _FIRST_PAUSE
        for _ in range(_TRIES):
            left = self._try(left, delivered)
            if not left or delivered.for_good:
                break
            self.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return delivered

    def _try(self, batch: Sequence[Message], delivered: "_Delivered") -> list[Message]:
        """Make one call; give what the queue did not take."""
        try:
            refusals = self.send([message.body for message in batch])
        except QueueUnavailableError as error:
            delivered.failed(error, for_good=error.for_good)
            return list(batch)
        left = [message for message, refusal in zip(batch, refusals, strict=True) if refusal]
        delivered.rows += [message.row for message, refusal in zip(batch, refusals, strict=True) if not refusal]
        delivered.error = None
        for refusal in filter(None, refusals):
            delivered.failed(QueueUnavailableError(refusal.code), for_good=refusal.for_good)
        return left


@dataclass
class _Delivered:
    """What came of one batch: the rows that the queue has, and the last error if it has not all."""

    rows: list[int] = field(default_factory=list)
    error: QueueUnavailableError | None = None
    for_good: bool = False

    def failed(self, error: QueueUnavailableError, *, for_good: bool) -> None:
        self.error, self.for_good = error, self.for_good or for_good


def in_batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Put as many messages together as a call takes, by number and by octets."""
    batch: list[Message] = []
    size = 0
    for message in messages:
        octets = len(message.body.encode())
        if batch and (len(batch) == BATCH or size + octets > _LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += octets
    if batch:
        yield batch


def _tell_all(flying: set[Future[_Delivered]], taken: Callable[[Sequence[int]], None]) -> None:
    """Tell what is in flight, and stop at its first error only then."""
    error: QueueUnavailableError | None = None
    while flying:
        try:
            _tell_landed(flying, taken)
        except QueueUnavailableError as one:
            error = error or one
    if error is not None:
        raise error


def _tell_landed(flying: set[Future[_Delivered]], taken: Callable[[Sequence[int]], None]) -> None:
    """Wait for one batch or more, and tell what was taken of each."""
    landed, _ = wait(flying, return_when=FIRST_COMPLETED)
    for future in landed:
        flying.remove(future)  # one by one, so that the others are still told if this one is an error
        delivered = future.result()
        if delivered.rows:
            taken(delivered.rows)
        if delivered.error is not None:
            raise delivered.error
