"""Publish many messages: ten a call, several calls in parallel, with retries."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import NamedTuple

from realtime_sms.aws.queues import NotTaken, QueueUnavailableError

_BATCH = 10  # messages in a SendMessageBatch
_BATCH_BYTES = 256 * 1024  # SQS takes more today, but did not always
_PAUSES = (0.2, 0.4, 0.8, 1.6, 3.2)  # seconds before each retry

type OnPublished = Callable[[Sequence[int]], None]
type _BatchResult = tuple[list[int], QueueUnavailableError | None]  # rows that the queue has, and why not all


class RowMessage(NamedTuple):
    """The message of one row; `row` is its place in the file."""

    row: int
    body: str


class _Failure(NamedTuple):
    error: QueueUnavailableError
    for_good: bool


@dataclass(frozen=True)
class Publisher:
    """Publishes from many threads; `send` returns None for each body, or why the queue refused it."""

    send: Callable[[Sequence[str]], Sequence[NotTaken | None]]
    sleep: Callable[[float], None]
    parallel_calls: int

    def publish(self, messages: Iterable[RowMessage], on_published: OnPublished) -> None:
        """Publish all messages; `on_published` gets the rows of each batch, in no order.

        `messages` is read only as far as calls are in flight. However this ends, also by Ctrl-C, it waits for the calls
        in flight and reports their rows.

        Raises:
            QueueUnavailableError: the queue did not take a message; no further call was made.

        """
        in_flight: set[Future[_BatchResult]] = set()
        with ThreadPoolExecutor(self.parallel_calls) as pool:
            try:
                for batch in make_batches(messages):
                    in_flight.add(pool.submit(self._send_batch, batch))
                    while len(in_flight) == self.parallel_calls:
                        _report_finished(in_flight, on_published)
            finally:
                _report_all(in_flight, on_published)

    def _send_batch(self, batch: Sequence[RowMessage]) -> _BatchResult:
        """Send a batch, and retry the messages that the queue did not take."""
        published: list[int] = []
        for pause in (*_PAUSES, None):
            failures = self._call(batch)
            published += [message.row for message, failure in zip(batch, failures, strict=True) if not failure]
            batch = [message for message, failure in zip(batch, failures, strict=True) if failure]
            failed = [failure for failure in failures if failure]
            if not failed:
                return published, None
            if pause is None or any(failure.for_good for failure in failed):
                break
            self.sleep(pause)
        return published, failed[-1].error

    def _call(self, batch: Sequence[RowMessage]) -> Sequence[_Failure | None]:
        try:
            refusals = self.send([message.body for message in batch])
        except QueueUnavailableError as error:
            return [_Failure(error, error.for_good)] * len(batch)
        return [_Failure(QueueUnavailableError(one.code), one.for_good) if one else None for one in refusals]


def make_batches(messages: Iterable[RowMessage]) -> Iterator[list[RowMessage]]:
    """Put as many messages together as a call takes, by number and by bytes."""
    batch: list[RowMessage] = []
    size = 0
    for message in messages:
        length = len(message.body.encode())
        if batch and (len(batch) == _BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += length
    if batch:
        yield batch


def _report_all(in_flight: set[Future[_BatchResult]], on_published: OnPublished) -> None:
    """Wait for all calls and report them, then raise the first error."""
    first: QueueUnavailableError | None = None
    while in_flight:
        try:
            _report_finished(in_flight, on_published)
        except QueueUnavailableError as error:
            first = first or error
    if first is not None:
        raise first


def _report_finished(in_flight: set[Future[_BatchResult]], on_published: OnPublished) -> None:
    """Wait for one call or more, and report the rows of each."""
    finished, _ = wait(in_flight, return_when=FIRST_COMPLETED)
    for future in finished:
        in_flight.remove(future)  # one by one: if this one raises, the others are still reported
        rows, error = future.result()
        if rows:
            on_published(rows)
        if error is not None:
            raise error
