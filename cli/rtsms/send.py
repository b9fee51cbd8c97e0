"""Publishing one request, and following it until every recipient has its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from realtime_sms.aws.producer import message
from realtime_sms.aws.requests import Rejection, Summary
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import PreparedRequest
from rtsms.fault import Exit, Fault
from rtsms.status import Requests, outcomes
from rtsms.wanted import Wanted

_LOOK = 1.0  # seconds between two looks: an outcome takes about as long


class Queue(Protocol):
    """Where requests are published."""

    def publish(self, body: str) -> None:
        """Put a request on the queue."""


class Clock(Protocol):
    """Time as this machine has it."""

    def monotonic(self) -> float:
        """Give seconds since some moment."""

    def sleep(self, seconds: float) -> None:
        """Let time go by."""


@dataclass(frozen=True)
class Sent:
    """A request that is on the queue; `before` is what was known of its id beforehand."""

    prepared: PreparedRequest
    before: Summary

    @property
    def request_id(self) -> str:
        """Give the id under which it is sent at most once."""
        return self.prepared.opened.request_id


def send(wanted: Wanted, prepared: PreparedRequest, queue: Queue, requests: Requests) -> Sent:
    """Publish a request, unless its id is known to be another's.

    Raises:
        Fault: the id was used with other content.
        StoreUnavailableError: the table did not answer; nothing was published.
        QueueUnavailableError: it may be on the queue or not; the same id may be published again.

    """
    request_id = prepared.opened.request_id
    before = requests.summary(request_id)
    _check_content(before, prepared)
    queue.publish(message({**wanted, "requestId": request_id}))
    return Sent(prepared, before)


def follow(sent: Sent, requests: Requests, clock: Clock, *, patience: float) -> Iterator[Submission]:
    """Give each recipient's outcome when it is final, until all are.

    Raises:
        Fault: the request was rejected, or is not over after `patience` seconds.
        StoreUnavailableError: the table did not answer.

    """
    left = set(sent.prepared.recipients.numbers)
    every, deadline = len(left), clock.monotonic() + patience
    while True:
        for one in outcomes(requests, sent.request_id):
            if one.final and one.recipient in left:
                left.remove(one.recipient)
                yield one
        if not left:
            return
        _check_rejection(sent, requests.summary(sent.request_id))
        if clock.monotonic() >= deadline:
            raise Fault(
                Exit.NOT_OVER,
                f"request {sent.request_id}",
                f"{len(left)} of {every} recipients are not over after {patience:g} s",
                to_do=f"rtsms status {sent.request_id} shows them; rtsms doctor says what stops sending",
            )
        clock.sleep(_LOOK)


def _check_content(summary: Summary, prepared: PreparedRequest) -> None:
    if summary.content_hash not in {None, prepared.content_hash}:
        raise Fault(
            Exit.USAGE,
            f"request {prepared.opened.request_id}",
            "its id was used with other content, so this would not be sent",
            to_do="give another --request-id, or none",
        )


def _check_rejection(sent: Sent, summary: Summary) -> None:
    """Stop at a note that was not there before: an older one is of an older message."""
    rejection: Rejection | None = summary.rejection
    if rejection is not None and rejection != sent.before.rejection:
        raise Fault(Exit.WRONG, f"request {sent.request_id}", f"rejected: {rejection.reason}: {rejection.detail}")
