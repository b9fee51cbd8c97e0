"""Publishing in batches, with retries; published rows are reported before any error."""

import threading
from collections.abc import Sequence

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from realtime_sms.aws.queues import NotTaken, QueueUnavailableError
from rtsms.bulk.publisher import Publisher, RowMessage, make_batches

MESSAGES = [RowMessage(row, f"body {row}") for row in range(95)]


class FakeQueue:
    """Takes messages; `refusals` are given instead, call by call, until there are none left."""

    def __init__(self, *refusals: NotTaken | Exception | None) -> None:
        self.taken: list[str] = []
        self.calls = 0
        self._refusals = list(refusals)
        self._lock = threading.Lock()

    def send(self, bodies: Sequence[str]) -> list[NotTaken | None]:
        """Take a batch, but for its first message where a refusal is due."""
        with self._lock:
            self.calls += 1
            refusal = self._refusals.pop(0) if self._refusals else None
            if isinstance(refusal, Exception):
                raise refusal
            self.taken += bodies[1 if refusal else 0 :]
            return [refusal if index == 0 else None for index in range(len(bodies))]


def _publish(queue: FakeQueue, parallel_calls: int = 4) -> list[int]:
    told: list[int] = []
    Publisher(queue.send, lambda _seconds: None, parallel_calls).publish(iter(MESSAGES), told.extend)
    return told


def _unavailable(cause: Exception) -> QueueUnavailableError:
    error = QueueUnavailableError(type(cause).__name__)
    error.__cause__ = cause
    return error


DENIED = ClientError(
    {"Error": {"Code": "AccessDenied", "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]  # as much as is looked at
    "SendMessageBatch",
)
GONE = EndpointConnectionError(endpoint_url="http://x")


def test_batches_are_as_large_as_a_call_takes() -> None:
    """A call is limited by messages and by bytes."""
    assert [len(batch) for batch in make_batches(MESSAGES)] == [10] * 9 + [5]
    large = [RowMessage(row, "ñ" * 50_000) for row in range(5)]
    assert [len(batch) for batch in make_batches(large)] == [2, 2, 1]


def test_everything_is_published_once() -> None:
    """All rows are reported."""
    queue = FakeQueue()
    assert sorted(_publish(queue)) == list(range(95))
    assert sorted(queue.taken) == sorted(message.body for message in MESSAGES)


@pytest.mark.parametrize(
    "refusal", [NotTaken("InternalError", for_good=False), _unavailable(GONE)], ids=["entry", "call"]
)
def test_a_message_that_failed_is_retried_and_the_others_are_not(refusal: NotTaken | Exception) -> None:
    """Nothing is left out or published twice."""
    queue = FakeQueue(refusal, refusal)
    assert sorted(_publish(queue)) == list(range(95))
    assert len(queue.taken) == len(set(queue.taken)) == 95


@pytest.mark.parametrize(
    "refusal", [NotTaken("InvalidMessageContents", for_good=True), _unavailable(DENIED)], ids=["entry", "call"]
)
def test_a_message_that_failed_for_good_is_not_retried(refusal: NotTaken | Exception) -> None:
    """Rows that were published meanwhile are reported."""
    queue = FakeQueue(refusal)
    told: list[int] = []
    with pytest.raises(QueueUnavailableError):
        Publisher(queue.send, lambda _seconds: None, 2).publish(iter(MESSAGES), told.extend)
    assert sorted(f"body {row}" for row in told) == sorted(queue.taken)
    assert queue.calls < 10


def test_a_queue_that_never_answers_is_an_error() -> None:
    """There are some retries."""
    queue = FakeQueue(*[_unavailable(GONE)] * 1000)
    with pytest.raises(QueueUnavailableError):
        _publish(queue, parallel_calls=1)
    assert 1 < queue.calls < 10


def test_calls_in_flight_at_an_interruption_are_reported() -> None:
    """Ctrl-C loses nothing that the queue took."""
    queue = FakeQueue()
    told: list[int] = []

    def interrupt(rows: Sequence[int]) -> None:
        told.extend(rows)
        if len(told) == len(rows):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Publisher(queue.send, lambda _seconds: None, 4).publish(iter(MESSAGES), interrupt)
    assert sorted(f"body {row}" for row in told) == sorted(queue.taken)
